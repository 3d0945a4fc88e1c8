/**
 * Amenities of places to stay by their canonical codes: what a traveller may look for, each a fact that a partner can state. Codes
 * are added, never renamed. What a partner says in other words is the one of these that does not promise more, or none.
 */
const names: Readonly<Record<string, string>> = {
  ACCESSIBLE: 'Accessible with a wheelchair',
  AIR_CONDITIONING: 'Air conditioning',
  AIRPORT_SHUTTLE: 'Shuttle to an airport',
  BAR: 'Bar',
  BBQ: 'Barbecue facilities',
  BEACHFRONT: 'On the beach',
  BREAKFAST: 'Breakfast is served',
  BUSINESS_CENTRE: 'Business centre',
  CASINO: 'Casino',
  CHILDREN_CLUB: "Children's club",
  CONCIERGE: 'Concierge',
  ELEVATOR: 'Lift',
  EV_CHARGING: 'Charging of electric cars',
  FAMILY_ROOMS: 'Family rooms',
  FITNESS: 'Fitness room',
  FREE_PARKING: 'Parking without charge',
  FRONT_DESK_24H: 'Reception day and night',
  GARDEN: 'Garden',
  GOLF: 'Golf course',
  HEATING: 'Heating',
  HOT_TUB: 'Hot tub',
  INDOOR_POOL: 'Swimming pool indoors',
  KITCHEN: 'Kitchen for guests',
  LAUNDRY: 'Laundry',
  LUGGAGE_STORAGE: 'Luggage room',
  MEETING_ROOMS: 'Meeting rooms',
  NON_SMOKING: 'No smoking indoors',
  OUTDOOR_POOL: 'Swimming pool outdoors',
  PARKING: 'Parking, with or without charge',
  PETS_ALLOWED: 'Pets are allowed',
  PLAYGROUND: 'Playground',
  POOL: 'Swimming pool',
  RESTAURANT: 'Restaurant',
  ROOM_SERVICE: 'Room service',
  SAFE: 'Safe',
  SAUNA: 'Sauna',
  SKI_STORAGE: 'Room for skis',
  SPA: 'Spa',
  TENNIS: 'Tennis court',
  TERRACE: 'Terrace',
  WIFI: 'Wireless internet, with or without charge',
};

/** Whether a text is a canonical code of an amenity. */
export function isAmenity(code: string): boolean {
  return Object.hasOwn(names, code);
}

/** What an amenity's code means, in English: "Swimming pool"; undefined for what is none. */
export function amenityName(code: string): string | undefined {
  return isAmenity(code) ? names[code] : undefined;
}
