/** Something by which the variants of a product differ. */
export interface Axis {
  readonly name: 'Color' | 'Size' | 'Storage' | 'Capacity';
  readonly values: readonly string[];
}

/** A kind of goods. */
export interface Category {
  readonly key: string;
  /** Names from the root to the leaf. */
  readonly path: readonly string[];
  readonly nouns: readonly string[];
  readonly lines: readonly string[];
  readonly features: readonly string[];
  readonly axes: readonly Axis[];
  /** Euro cents, from and to. */
  readonly cents: readonly [number, number];
  /** Grams of an ordinary one. */
  readonly grams: number;
  /** Worn by people: has gender and age group. */
  readonly worn: boolean;
}

const colors = ['Black', 'White', 'Graphite', 'Navy', 'Forest Green', 'Sand', 'Crimson', 'Sky Blue'];
const clothes = ['XS', 'S', 'M', 'L', 'XL', 'XXL'];
const shoes = ['38', '39', '40', '41', '42', '43', '44', '45'];
const storage = ['64 GB', '128 GB', '256 GB', '512 GB'];

function category(
  key: string,
  path: string,
  cents: readonly [number, number],
  grams: number,
  axes: Category['axes'],
  nouns: string,
  lines: string,
  features: string,
): Category {
  const words = (text: string): string[] => text.split(', ');
  return {
    key,
    path: path.split(' > '),
    cents,
    grams,
    axes,
    nouns: words(nouns),
    lines: words(lines),
    features: words(features),
    worn: path.startsWith('Clothing'),
  };
}

const color: Axis = { name: 'Color', values: colors };

/** Every kind of goods in the world. */
export const categories: readonly Category[] = [
  category(
    'phones',
    'Electronics > Phones > Smartphones',
    [14_900, 119_900],
    190,
    [{ name: 'Storage', values: storage }, color],
    'Smartphone, 5G Smartphone',
    'Aura, Pulse, Vertex, Nimbus',
    'Dual SIM, OLED display, Fast charging, Water resistant',
  ),
  category(
    'headphones',
    'Electronics > Audio > Headphones',
    [1_900, 39_900],
    250,
    [color],
    'Headphones, Earbuds, Wireless Headphones',
    'Tono, Hush, Lyric, Echo',
    'Noise cancelling, Bluetooth 5.3, 40 h battery, Foldable',
  ),
  category(
    'laptops',
    'Electronics > Computers > Laptops',
    [39_900, 249_900],
    1_450,
    [{ name: 'Storage', values: ['256 GB', '512 GB', '1 TB', '2 TB'] }],
    'Laptop, Notebook, Ultrabook',
    'Slate, Forge, Feather, Quill',
    '14-inch display, 16 GB memory, Backlit keyboard, Fingerprint reader',
  ),
  category(
    'televisions',
    'Electronics > Video > Televisions',
    [19_900, 199_900],
    12_000,
    [{ name: 'Size', values: ['43 in', '50 in', '55 in', '65 in', '75 in'] }],
    'Television, Smart TV',
    'Vista, Lumen, Panorama, Prism',
    '4K, HDR, 120 Hz, Voice control',
  ),
  category(
    'cameras',
    'Electronics > Cameras > Digital Cameras',
    [24_900, 229_900],
    520,
    [],
    'Mirrorless Camera, Compact Camera',
    'Iris, Shutter, Focal, Candela',
    '24 megapixels, Optical stabilizer, 4K video, Body only',
  ),
  category(
    'watches',
    'Electronics > Wearables > Smartwatches',
    [4_900, 49_900],
    60,
    [color, { name: 'Size', values: ['40 mm', '44 mm'] }],
    'Smartwatch, Fitness Watch',
    'Orbit, Tempo, Stride, Meridian',
    'Heart rate sensor, GPS, Swim proof, Sleep tracking',
  ),
  category(
    'coffee',
    'Home > Kitchen > Coffee Machines',
    [3_900, 89_900],
    4_800,
    [{ name: 'Color', values: colors.slice(0, 3) }],
    'Espresso Machine, Filter Coffee Machine',
    'Crema, Bruno, Aroma, Tazza',
    '15 bar, Milk frother, Integrated grinder, Timer',
  ),
  category(
    'vacuums',
    'Home > Cleaning > Vacuum Cleaners',
    [5_900, 69_900],
    5_200,
    [],
    'Vacuum Cleaner, Robot Vacuum, Cordless Vacuum',
    'Zephyr, Sweep, Cyclon, Gale',
    'Bagless, HEPA filter, 60 min battery, Pet hair brush',
  ),
  category(
    'cookware',
    'Home > Kitchen > Pots and Pans',
    [1_500, 24_900],
    1_600,
    [{ name: 'Size', values: ['20 cm', '24 cm', '28 cm', '32 cm'] }],
    'Frying Pan, Saucepan, Casserole',
    'Ferro, Domus, Chef, Olla',
    'Induction, Non-stick, Cast iron, Dishwasher safe',
  ),
  category(
    'drills',
    'Tools > Power Tools > Drills',
    [3_900, 34_900],
    1_700,
    [],
    'Cordless Drill, Impact Driver, Hammer Drill',
    'Torque, Mason, Anvil, Rivet',
    '18 V, Brushless, Two batteries, Carrying case',
  ),
  category(
    'running',
    'Clothing > Shoes > Running Shoes',
    [4_900, 17_900],
    640,
    [{ name: 'Size', values: shoes }],
    'Running Shoes, Trail Running Shoes',
    'Swift, Cadence, Ridge, Glide',
    'Cushioned, Breathable mesh, Wide fit, Reflective',
  ),
  category(
    'jackets',
    'Clothing > Outerwear > Jackets',
    [3_900, 39_900],
    780,
    [{ name: 'Size', values: clothes }, color],
    'Rain Jacket, Down Jacket, Softshell Jacket',
    'Fjell, Alta, Bora, Tarn',
    'Waterproof, Hooded, Packable, Windproof',
  ),
  category(
    'tshirts',
    'Clothing > Tops > T-Shirts',
    [900, 4_900],
    180,
    [{ name: 'Size', values: clothes }, color],
    'T-Shirt, Long Sleeve T-Shirt',
    'Basic, Harbor, Linea, Weekend',
    'Organic cotton, Slim fit, Crew neck, Pack of two',
  ),
  category(
    'backpacks',
    'Luggage > Bags > Backpacks',
    [2_900, 22_900],
    950,
    [color, { name: 'Capacity', values: ['20 l', '28 l', '35 l'] }],
    'Backpack, Daypack, Laptop Backpack',
    'Nomad, Transit, Summit, Kompass',
    'Rain cover, Laptop sleeve, Recycled, Anti-theft',
  ),
  category(
    'toys',
    'Toys > Building > Construction Sets',
    [900, 19_900],
    900,
    [],
    'Construction Set, Building Blocks',
    'Castello, Rover, Cosmo, Village',
    '500 pieces, Ages 6 and up, With motor, Wooden',
  ),
  category(
    'skincare',
    'Beauty > Face > Skin Care',
    [600, 8_900],
    120,
    [{ name: 'Capacity', values: ['30 ml', '50 ml', '100 ml'] }],
    'Face Cream, Serum, Cleanser',
    'Alba, Rosa, Marina, Silva',
    'Fragrance free, Vitamin C, Hyaluronic acid, SPF 30',
  ),
];

/** Makers. The place in the list is part of their GTINs, so new ones go to the end. */
export const brands: readonly string[] = (
  'Norvik, Calder & Sons, Tesselar, Oakhelm, Lumara, Brissen, Aldgate, Kestera, Pellworm, Sonaris, Vantora, Mirelle, ' +
  'Hartwell, Ostrava Works, Quillon, Zephyra, Drayton, Finnmark, Galvano, Isolde, Jotun & Friis, Kaldera, Lindqvist, ' +
  'Monteverde, Nachtigall, Orvelle, Piemonte, Quorra, Rhenania, Solveig, Tarragon, Ulvstad, Verdane, Wexmoor, Xantor, ' +
  'Ysabel, Zilverberg, Arkona, Belfort, Cinnabar, Dunmore, Estrella Nova, Fairlight, Grünspan, Helvia, Ingleside, ' +
  'Juneau, Korrigan'
).split(', ');

/** Brands that sell a kind of goods. */
export function brandsOf(categoryIndex: number): readonly number[] {
  return Array.from({ length: 9 }, (_, i) => (categoryIndex * 7 + i * 5) % brands.length);
}
