import { describe, expect, it } from 'vitest';
import { descriptors, docOf, isQueryable, isTold, isToldOnly, vertical, verticals } from './index.ts';

/** name, type, unit, what it may stand in: f(ilter), s(ort), facet, identity, content. */
function summary(name: string): string[] {
  return vertical(name).attributes.map((a) => {
    const uses = `${a.filterable ? 'f' : ''}${a.sortable ? 's' : ''}`;
    return [a.name, a.type, a.unit, uses, a.facet, a.identity, a.content].join(' ');
  });
}

describe('verticals', () => {
  it('are those of the oneofs in Item and Criteria', () => {
    expect([...verticals().keys()]).toEqual(expect.arrayContaining(['flight', 'stay', 'good', 'ride']));
    expect(vertical('flight')).toMatchObject({
      criteriaMessage: 'entrepot.offer.v1.FlightCriteria',
      itemMessage: 'entrepot.offer.v1.Flight',
    });
    expect(vertical('stay')).toMatchObject({
      criteriaMessage: 'entrepot.offer.v1.StayCriteria',
      itemMessage: 'entrepot.offer.v1.Stay',
    });
  });

  it('derive the attributes of flights from the options', () => {
    expect(summary('flight')).toEqual([
      'segment_keys string_list   none shared_key none',
      'stops int 1 fs value none none',
      'duration_minutes int min fs range none none',
      'departure time  fs none none none',
      'arrival time  fs none none none',
      'departure_minute_of_day int min fs range none none',
      'carriers string_list  f value none none',
      'connections string_list  f value none none',
      'cabin enum  f value none none',
      'fare_brand string  f value none none',
      'checked_bags int 1 fs value none none',
      'refundable bool  f value none none',
      'changeable bool  f value none none',
      'emissions_kg double kg fs range none none',
    ]);
  });

  it('derive the attributes of stays from the options', () => {
    expect(summary('stay')).toEqual([
      'property_code string   none partner_key none',
      'property_name string  fs none evidence name',
      'latitude double deg f none evidence latitude',
      'longitude double deg f none evidence longitude',
      'star_rating double 1 fs value none star_rating',
      'distance_km double km fs range none none',
      'board enum  f value none none',
      'room_name string  f none none none',
      'free_cancellation bool  f value none none',
      'free_cancellation_until time  fs none none none',
      'payment_timing enum  f value none none',
      'zone string  f value evidence none',
      'nights int d f none none none',
      'address string   none evidence address',
      'phone string   none evidence phone',
      'chain string   none evidence brand',
      'image_urls string_list   none none image_urls',
      'amenities string_list   none none amenities',
      'property_description string   none none description',
      'room_class enum  f value none none',
      'beds string_list  f value none none',
      'room_key string  f none none none',
    ]);
  });

  it('say what a price is for so many of, where somebody compares by it', () => {
    expect(vertical('stay').priceUnit).toEqual({ attribute: 'nights', unit: 'night' });
    expect(vertical('stay').attribute('nights')).toMatchObject({ type: 'int', filterable: true, facet: 'none' });
    expect(vertical('ride').priceUnit).toBeUndefined();
    expect(vertical('flight').priceUnit).toBeUndefined();
  });

  it('derive the attributes of goods from the options', () => {
    expect(summary('good')).toEqual([
      'item_code string   none partner_key none',
      'title string  fs none evidence name',
      'brand string  fs value evidence brand',
      'gtin string  f none evidence none',
      'mpn string  f none evidence none',
      'item_group_code string  f none evidence none',
      'condition enum  f value none none',
      'categories string_list  f value none none',
      'seller_name string  f value none none',
      'seller_rating double % fs range none none',
      'availability enum  f value none none',
      'quantity_available int 1 fs none none none',
      'free_delivery bool  f value none none',
      'delivery_days_min int d fs none none none',
      'delivery_days_max int d fs range none none',
      'ships_from string  f value none none',
      'color string  f value evidence specification',
      'size string  f value evidence specification',
      'rating double 1 fs range none none',
      'review_count int 1 fs none none none',
      'accepts_bids bool  f value none none',
      'return_days int d fs none none none',
      'description string   none none description',
      'image_urls string_list   none none image_urls',
    ]);
  });

  it('derive the attributes of rides from the options', () => {
    expect(summary('ride')).toEqual([
      'product_code string   none partner_key none',
      'product_name string  fs none evidence none',
      'operator_name string  f value none none',
      'operator_rating double 1 fs range none none',
      'ride_class enum  f value evidence none',
      'capacity int 1 fs value evidence none',
      'luggage_capacity int 1 fs value none none',
      'propulsion enum  f value evidence none',
      'pickup_eta_minutes int min fs range none none',
      'duration_minutes int min fs range none none',
      'distance_km double km fs none none none',
      'surge_multiplier double 1 fs none none none',
      'price_kind enum  f value none none',
      'wheelchair_accessible bool  f value evidence none',
      'shared bool  f value evidence none',
      'meet_and_greet bool  f value none none',
      'vehicle_tags string_list  f value none none',
      'free_cancellation bool  f value none none',
      'free_cancellation_until time  fs none none none',
      'waiting_minutes_included int min fs none none none',
    ]);
  });

  it('keep content that nobody filters or sorts by out of batches, and tell it to normalization alone', () => {
    const stay = vertical('stay').attributes;
    const named = (wanted: typeof isTold) => stay.filter(wanted).map(({ name }) => name);
    const toldOnly = ['address', 'phone', 'chain', 'image_urls', 'amenities', 'property_description'];
    expect(named(isToldOnly)).toEqual(toldOnly);
    expect(named(isQueryable)).not.toEqual(expect.arrayContaining([expect.toBeOneOf(toldOnly)]));
    // A key is read of every row; what facets count goes with both.
    expect(named(isTold)).toEqual(expect.arrayContaining(['property_code', 'star_rating', ...toldOnly]));
    expect(named(isTold)).not.toContain('room_class');
  });

  it('declare which bound of a price range counts; the lower one unless they say otherwise', () => {
    expect([...verticals()].map(([name, { priceBound }]) => `${name} ${priceBound}`)).toEqual([
      'flight lower',
      'stay lower',
      'good lower',
      'ride upper',
    ]);
  });

  it('name the values of enums without prefix, and leave out the unspecified one', () => {
    expect(vertical('flight').attribute('cabin')?.enumValues).toEqual([
      'ECONOMY',
      'PREMIUM_ECONOMY',
      'BUSINESS',
      'FIRST',
    ]);
    expect(vertical('stay').attribute('payment_timing')?.enumValues).toEqual(['NOW', 'AT_PROPERTY']);
    expect(vertical('flight').attribute('stops')?.enumValues).toEqual([]);
  });

  it('tell which fields are optional', () => {
    expect(vertical('flight').attribute('checked_bags')?.optional).toBe(true);
    expect(vertical('flight').attribute('carriers')?.optional).toBe(false);
  });

  it('carry the comments of the fields', () => {
    expect(vertical('flight').attribute('fare_brand')?.doc).toBe(
      'The fare\'s brand name as the carrier sells it: "Light", "Flexible Business".',
    );
    for (const { attributes } of verticals().values()) {
      for (const attribute of attributes) expect(attribute.doc, attribute.name).not.toBe('');
    }
  });

  it('have nothing under a name that does not exist', () => {
    expect(vertical('flight').attribute('slices')).toBeUndefined();
    expect(() => vertical('train')).toThrow(/"train"; there are flight, stay, good, ride/);
  });
});

describe('docOf', () => {
  it('gives the comment of every kind of element, lines joined', () => {
    const enumeration = descriptors().getEnum('entrepot.type.v1.FacetKind')!;
    expect(docOf(enumeration)).toBe('How a facet counts an attribute.');
    expect(docOf(enumeration.values[1]!)).toBe('One count for each value.');
    const service = descriptors().getService('entrepot.pricing.v1.PricingService')!;
    expect(docOf(service)).toBe('Prices columns and explains prices.');
    expect(docOf(service.methods[0]!)).toMatch(/^Prices batches\. .* \(VIEW_EXPIRED\)\.$/);
    const item = descriptors().getMessage('entrepot.offer.v1.Item')!;
    expect(docOf(item)).toMatch(/^What is offered\./);
    expect(docOf(item.oneofs[0]!)).toBe('The vertical with its item.');
    expect(docOf(item.fields[0]!)).toBe('A flight.');
  });
});
