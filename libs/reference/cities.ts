/** A metropolitan area: one IATA code for the airports that serve a city. */
export interface CityRow {
  readonly code: string;
  readonly name: string;
  readonly country: string;
  /** Of the middle of the city, where a search for places to stay starts. */
  readonly latitude: number;
  readonly longitude: number;
  /** The largest first; its zone is the city's. */
  readonly airports: readonly string[];
}

/**
 * Cities by IATA code: those with a code of their own, and those that share the code of an airport which is far from
 * the middle of the city or not the only one.
 */
export function cityRows(): CityRow[] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [code, name, country, latitude, longitude, airports] = line.split('|');
      return {
        code: code!,
        name: name!,
        country: country!,
        latitude: Number(latitude),
        longitude: Number(longitude),
        airports: airports!.split(' '),
      };
    });
}

const table = `
LON|London|GB|51.5074|-0.1278|LHR LGW STN LTN LCY SEN
PAR|Paris|FR|48.8566|2.3522|CDG ORY BVA
ROM|Rome|IT|41.9028|12.4964|FCO CIA
MIL|Milan|IT|45.4642|9.1900|MXP LIN BGY
BUH|Bucharest|RO|44.4268|26.1025|OTP BBU
BRU|Brussels|BE|50.8466|4.3528|BRU CRL
STO|Stockholm|SE|59.3293|18.0686|ARN BMA NYO VST
OSL|Oslo|NO|59.9139|10.7522|OSL TRF
MOW|Moscow|RU|55.7558|37.6173|SVO DME VKO ZIA
IEV|Kyiv|UA|50.4501|30.5234|KBP IEV
REK|Reykjavik|IS|64.1466|-21.9426|KEF RKV
EAP|Basel Mulhouse Freiburg|CH|47.5596|7.5886|BSL MLH
GLW|Glasgow|GB|55.8642|-4.2518|GLA PIK
TCI|Tenerife|ES|28.2916|-16.6291|TFS TFN
WAW|Warsaw|PL|52.2297|21.0122|WAW WMI RDO
VCE|Venice|IT|45.4408|12.3155|VCE TSF
NYC|New York|US|40.7128|-74.0060|JFK EWR LGA SWF ISP
WAS|Washington|US|38.9072|-77.0369|IAD DCA BWI
CHI|Chicago|US|41.8781|-87.6298|ORD MDW
DTT|Detroit|US|42.3314|-83.0458|DTW YIP
HOU|Houston|US|29.7604|-95.3698|IAH HOU
QDF|Dallas Fort Worth|US|32.7767|-96.7970|DFW DAL
QLA|Los Angeles|US|34.0522|-118.2437|LAX ONT SNA BUR LGB
QSF|San Francisco|US|37.7749|-122.4194|SFO OAK SJC
QMI|Miami|US|25.7617|-80.1918|MIA FLL PBI
BHZ|Belo Horizonte|BR|-19.9167|-43.9345|CNF PLU
BUE|Buenos Aires|AR|-34.6037|-58.3816|EZE AEP
RIO|Rio de Janeiro|BR|-22.9068|-43.1729|GIG SDU
SAO|São Paulo|BR|-23.5505|-46.6333|GRU CGH VCP
MEX|Mexico City|MX|19.4326|-99.1332|MEX NLU TLC
YTO|Toronto|CA|43.6532|-79.3832|YYZ YTZ YHM YKF
YMQ|Montreal|CA|45.5019|-73.5674|YUL YHU YMX
YEA|Edmonton|CA|53.5461|-113.4938|YEG
SEL|Seoul|KR|37.5665|126.9780|ICN GMP
TYO|Tokyo|JP|35.6762|139.6503|HND NRT
OSA|Osaka|JP|34.6937|135.5023|KIX ITM UKB
SPK|Sapporo|JP|43.0618|141.3545|CTS OKD
NGO|Nagoya|JP|35.1815|136.9066|NGO NKM
BJS|Beijing|CN|39.9042|116.4074|PEK PKX
SIA|Xi'an|CN|34.3416|108.9398|XIY
CTU|Chengdu|CN|30.5728|104.0668|TFU CTU
TPE|Taipei|TW|25.0330|121.5654|TPE TSA
BKK|Bangkok|TH|13.7563|100.5018|BKK DMK
JKT|Jakarta|ID|-6.2088|106.8456|CGK HLP
KUL|Kuala Lumpur|MY|3.1390|101.6869|KUL SZB
THR|Tehran|IR|35.6892|51.3890|IKA THR
DXB|Dubai|AE|25.2048|55.2708|DXB DWC
IST|Istanbul|TR|41.0082|28.9784|IST SAW
IZM|Izmir|TR|38.4237|27.1428|ADB
JNB|Johannesburg|ZA|-26.2041|28.0473|JNB HLA
NBO|Nairobi|KE|-1.2921|36.8219|NBO WIL
MEL|Melbourne|AU|-37.8136|144.9631|MEL AVV
BER|Berlin|DE|52.5200|13.4050|BER
MMA|Malmö|SE|55.6050|13.0038|MMX
ANK|Ankara|TR|39.9334|32.8597|ESB
LAD|Luanda|AO|-8.8390|13.2894|NBJ LAD
MUC|Munich|DE|48.1371|11.5754|MUC
ATH|Athens|GR|37.9838|23.7275|ATH
DEN|Denver|US|39.7392|-104.9903|DEN
HKG|Hong Kong|HK|22.2830|114.1588|HKG
SHA|Shanghai|CN|31.2304|121.4737|PVG SHA
DKR|Dakar|SN|14.7167|-17.4677|DSS DKR`;
