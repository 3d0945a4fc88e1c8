import { IdentityRule } from '../../libs/contracts/gen/entrepot/normalization/v1/normalization.ts';
import type { RecordVertical } from './record-vertical.ts';

const none = { rule: IdentityRule.UNSPECIFIED, because: '' };

/**
 * A stay is its property. A partner's code means the same property for good, unless a person says otherwise. A new code goes to
 * the property that the matcher takes for the same; two codes of one partner never do.
 */
export const stayVertical: RecordVertical = {
  vertical: 'stay',
  prefix: 'st_',
  code: 'property_code',
  required: ['property_code', 'property_name'],
  optional: ['latitude', 'longitude', 'zone', 'address', 'phone', 'chain'],
  title: 'property_name',
  wording: ['property_name', 'address', 'phone'],

  clean(attributes, refuse) {
    const { latitude, longitude } = attributes;
    if (typeof latitude !== 'number' || typeof longitude !== 'number') {
      delete attributes.latitude;
      delete attributes.longitude;
      return;
    }
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) {
      refuse('latitude', `is at ${latitude}, ${longitude}; latitudes go to ±90, longitudes to ±180`);
    }
    // Partners write 0, 0 for a position that they do not have.
    if (latitude === 0 && longitude === 0) {
      delete attributes.latitude;
      delete attributes.longitude;
    }
  },

  sharedKeys: () => ({ strong: undefined, weak: undefined }),
  strong: none,
  weak: none,
  mayMatch: () => true,
};
