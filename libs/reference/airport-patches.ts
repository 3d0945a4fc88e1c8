import type { AirportRow } from './airports.ts';

/** Airports that the package still lists under a code and that take no scheduled flights any more. */
export const closedAirports: readonly string[] = ['NAY', 'ISL', 'DIA'];

/** Airports that opened, moved or were renamed after the package was made, and codes that it lacks. */
export function airportPatches(): AirportRow[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [code, name, municipality, country, latitude, longitude] = line.split('|');
      return {
        code: code!,
        name: name!,
        municipality: municipality!,
        country: country!,
        latitude: Number(latitude),
        longitude: Number(longitude),
      };
    });
}

const table = `
COV|Çukurova International Airport|Adana and Mersin|TR|36.898|35.066
DXN|Noida International Airport|Jewar|IN|28.175|77.608
JAV|Ilulissat Airport|Ilulissat|GL|69.2432|-51.0571
KTI|Techo International Airport|Phnom Penh|KH|11.3625|104.9231
MLE|Velana International Airport|Malé|MV|4.1918|73.5291
MLH|EuroAirport Basel Mulhouse Freiburg|Mulhouse|FR|47.59|7.5292
NBJ|Dr. António Agostinho Neto International Airport|Luanda|AO|-9.0475|13.5039
NMI|Navi Mumbai International Airport|Navi Mumbai|IN|18.9944|73.0703
NQZ|Nursultan Nazarbayev International Airport|Astana|KZ|51.0222|71.4669
RSI|Red Sea International Airport|Hanak|SA|25.6283|37.0889
SAI|Siem Reap Angkor International Airport|Siem Reap|KH|13.3697|104.2211
THD|Tho Xuan Airport|Thanh Hoa|VN|19.9017|105.4678
TQO|Felipe Carrillo Puerto International Airport|Tulum|MX|20.1692|-87.6628
WSI|Western Sydney International Airport|Sydney|AU|-33.888|150.7147`;
