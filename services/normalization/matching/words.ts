// Words with a meaning for goods, in the languages that titles come in. By hand; what is common in a catalogue is counted at run time.

function setOf(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

function groups(lines: readonly string[]): ReadonlyMap<string, string> {
  const canonical = new Map<string, string>();
  for (const line of lines) {
    const words = line.split(' ');
    for (const word of words) canonical.set(word, words[0]!);
  }
  return canonical;
}

/** Words that say nothing of the thing. */
export const stopWords = setOf(
  'and the a an of to by from on or at is are your you this that it its be as into per plus new brand other und der die das ' +
    'mit et le la les des du de con y el los las e il lo di da',
);

/** Words after which a title says what the thing goes with, not what it is. */
export const turningWords = setOf(
  'for with w fits fit compatible designed includes including featuring fur mit pour avec para con per without',
);

/** Colours; the first of a line stands for all of it. */
const colors = groups([
  'black blk bk schwarz noir negro nero jet onyx ebony',
  'white wht weiss blanc blanche blanco bianco',
  'silver slv slvr silber argent plata argento',
  'blue blu blau bleu azul blu navy sapphire cobalt',
  'red rot rouge rojo rosso crimson ruby',
  'pink pnk rosa',
  'green grn grun vert verde',
  'gray grey gry grau gris grigio graphite gunmetal charcoal',
  'gold golden dore oro',
  'brown brn braun marron brun chocolate',
  'purple pur prp lila violet lavender plum',
  'orange org orng',
  'yellow ylw yel gelb jaune amarillo giallo',
  'clear clr transparent crystal',
  'beige tan khaki cream ivory almond bisque',
  'stainless steel inox ss edelstahl',
  'titanium titan',
  'copper kupfer',
  'bronze',
  'champagne',
  'cyan',
  'magenta',
  'turquoise teal aqua',
  'walnut oak cherry mahogany espresso',
]);

/** The colour that a word names. */
export function colorOf(word: string): string | undefined {
  return colors.get(word);
}

/** Abbreviated colours as they end part numbers; those of two letters mean too much else. */
export function colorOfCodePart(part: string): string | undefined {
  return part.length >= 3 ? colors.get(part) : undefined;
}

/** States of a thing: the offer's, not the product's. */
const conditions = groups([
  'refurbished refurb reconditioned renewed recertified generaluberholt reconditionne reacondicionado',
  'used pre-owned preowned gebraucht occasion usado usato',
  'bulk oem',
]);

/** The state that a word names. */
export function conditionOf(word: string): string | undefined {
  return conditions.get(word);
}

/** Origins other than the maker: what is made to go in the maker's place. */
const origins = groups([
  'compatible compatibles kompatibel',
  'replacement replaces ersatz remplacement repuesto ricambio',
  'remanufactured reman recycled',
  'generic',
]);

/** The origin that a word names. */
export function originOf(word: string): string | undefined {
  return origins.get(word);
}

/** What is sold for use with another thing, and what is used up: the word tells it from the thing itself. */
const accessories = groups([
  'case etui hulle housse funda custodia hardcase softcase',
  'cover skin sleeve faceplate',
  'bag pouch backpack tote briefcase satchel messenger rucksack',
  'charger ladegerat chargeur cargador',
  'adapter adaptor converter',
  'cable cord kabel',
  'battery batteries akku batterie bateria',
  'mount mounting bracket wandhalterung',
  'stand tripod pedestal',
  'holder holster clip armband',
  'remote fernbedienung',
  'protector film schutzfolie',
  'dock cradle station',
  'lens objektiv',
  'filter',
  'toner cartridge ink inkjet tintenpatrone',
  'drum fuser',
  'lamp bulb',
  'strap lanyard',
  'warranty garantie protection plan',
  'headset headphone headphones earbuds earbud earphone earphones earset',
  'keyboard tastatur',
  'mouse maus',
  'memory card',
  'cleaner cleaning',
  'software',
  'kit bundle',
  'hub splitter',
  'antenna',
  'microphone mic',
]);

/** The kind of accessory or supply that a word names. */
export function accessoryOf(word: string): string | undefined {
  return accessories.get(word);
}

/** Letters with digits that name a technology, not a model. */
export const technologies = setOf(
  'mp3 mp4 mpeg1 mpeg2 mpeg4 h264 h265 usb1 usb2 usb3 3d 4k 8k 2k 1080p 1080i 720p 480p 480i 2160p 5g 4g 3g wifi6 cat5 cat5e cat6 cat6e ' +
    'ddr ddr2 ddr3 ddr4 ddr5 rs232 x64 x86 win7 win8 win10 i3 i5 i7 i9 aa aaa a3 a4 a5 b5 80211 80211a 80211b 80211g 80211n ' +
    '80211ac 80211bg 80211abg 80211abgn 80211bgn sata2 sata3 dvi1 hdmi1 hdmi2 div3 mk2 mk3 pc2 pc3 2in1 3in1 4in1 1st 2nd 3rd 4th 5th 6th',
);

/** Words by which sellers say that they state nothing. */
export const placeholders = setOf(
  'na none null nil unknown unbranded generic various other custom oem nobrand noname notapplicable doesnotapply',
);
