/** A type of aircraft, or what else carries passengers under a flight number. */
export interface AircraftType {
  /** IATA code, three letters and digits: "73H". */
  readonly iata: string;
  /** ICAO designators, the usual one first: "B738"; none for a code that means a whole family, and for what is no aircraft. */
  readonly icao: readonly string[];
  /** "Boeing 737-800 (winglets)". */
  readonly name: string;
  /** Whether it is a train, bus, boat or car. */
  readonly surface: boolean;
}

let byCode: Map<string, AircraftType> | undefined;

/**
 * The type of an IATA code ("73H") or an ICAO designator ("B738"); undefined for one that is not known. Of an ICAO designator with several
 * IATA codes it is the plainest one.
 */
export function findAircraft(code: string): AircraftType | undefined {
  byCode ??= build();
  return byCode.get(code);
}

/** Every type. */
export function aircraftTypes(): AircraftType[] {
  byCode ??= build();
  return [...new Set(byCode.values())];
}

function build(): Map<string, AircraftType> {
  const types: AircraftType[] = table
    .trim()
    .split('\n')
    .map((line) => {
      const [iata = '', icaos = '', name = ''] = line.split('|');
      const icao = icaos.split(' ').filter((code) => code !== '' && code !== GROUND);
      return { iata, icao, name, surface: icaos === GROUND };
    });
  const codes = new Map<string, AircraftType>();
  for (const type of types) {
    for (const icao of type.icao) if (!codes.has(icao)) codes.set(icao, type);
  }
  for (const type of types) codes.set(type.iata, type);
  return codes;
}

/** In place of a designator. */
const GROUND = '~';

/** IATA code, ICAO designators (none for groups; "~" for what stays on the ground), name. Of one ICAO designator the first line counts. */
const table = `
221|BCS1|Airbus A220-100
223|BCS3|Airbus A220-300
220||Airbus A220
AB4|A30B|Airbus A300B2/B4
AB6|A306|Airbus A300-600
312|A310|Airbus A310-200
313|A310|Airbus A310-300
310|A310|Airbus A310
318|A318|Airbus A318
319|A319|Airbus A319
31N|A19N|Airbus A319neo
320|A320|Airbus A320
32A|A320|Airbus A320 (sharklets)
32N|A20N|Airbus A320neo
321|A321|Airbus A321
32B|A321|Airbus A321 (sharklets)
32Q|A21N|Airbus A321neo
32S||Airbus A318/A319/A320/A321
332|A332|Airbus A330-200
333|A333|Airbus A330-300
338|A338|Airbus A330-800neo
339|A339|Airbus A330-900neo
330||Airbus A330
342|A342|Airbus A340-200
343|A343|Airbus A340-300
345|A345|Airbus A340-500
346|A346|Airbus A340-600
340||Airbus A340
351|A35K|Airbus A350-1000
359|A359|Airbus A350-900
350||Airbus A350
388|A388|Airbus A380-800
380|A388|Airbus A380
703|B703|Boeing 707-320
717|B712|Boeing 717-200
721|B721|Boeing 727-100
722|B722|Boeing 727-200
732|B732|Boeing 737-200
733|B733|Boeing 737-300
73C|B733|Boeing 737-300 (winglets)
734|B734|Boeing 737-400
735|B735|Boeing 737-500
73E|B735|Boeing 737-500 (winglets)
736|B736|Boeing 737-600
73G|B737|Boeing 737-700
73W|B737|Boeing 737-700 (winglets)
738|B738|Boeing 737-800
73H|B738|Boeing 737-800 (winglets)
739|B739|Boeing 737-900
73J|B739|Boeing 737-900 (winglets)
737||Boeing 737
7M7|B37M|Boeing 737 MAX 7
7M8|B38M|Boeing 737 MAX 8
7M9|B39M|Boeing 737 MAX 9
7MJ|B3XM|Boeing 737 MAX 10
741|B741|Boeing 747-100
742|B742|Boeing 747-200
743|B743|Boeing 747-300
744|B744|Boeing 747-400
74E|B744|Boeing 747-400 (mixed)
74H|B748|Boeing 747-8
74L|B74S|Boeing 747SP
747||Boeing 747
752|B752|Boeing 757-200
75W|B752|Boeing 757-200 (winglets)
753|B753|Boeing 757-300
75T|B753|Boeing 757-300 (winglets)
757||Boeing 757
762|B762|Boeing 767-200
763|B763|Boeing 767-300
76W|B763|Boeing 767-300 (winglets)
764|B764|Boeing 767-400
767||Boeing 767
772|B772|Boeing 777-200
77L|B77L|Boeing 777-200LR
773|B773|Boeing 777-300
77W|B77W|Boeing 777-300ER
778|B778|Boeing 777-8
779|B779|Boeing 777-9
777||Boeing 777
788|B788|Boeing 787-8
789|B789|Boeing 787-9
781|B78X|Boeing 787-10
787||Boeing 787
D10|DC10|McDonnell Douglas DC-10
DC9||McDonnell Douglas DC-9
M11|MD11|McDonnell Douglas MD-11
M81|MD81|McDonnell Douglas MD-81
M82|MD82|McDonnell Douglas MD-82
M83|MD83|McDonnell Douglas MD-83
M87|MD87|McDonnell Douglas MD-87
M88|MD88|McDonnell Douglas MD-88
M90|MD90|McDonnell Douglas MD-90
M80||McDonnell Douglas MD-80
EMB|E110|Embraer EMB 110 Bandeirante
EM2|E120|Embraer EMB 120 Brasilia
ER3|E135|Embraer ERJ 135
ERD|E135|Embraer ERJ 140
ER4|E145 E45X|Embraer ERJ 145
ERJ||Embraer ERJ 135/140/145
E70|E170|Embraer 170
E75|E75S E75L|Embraer 175
E7W|E75L|Embraer 175 (enhanced winglets)
E90|E190|Embraer 190
E95|E195|Embraer 195
EMJ||Embraer 170/175/190/195
275|E275|Embraer E175-E2
290|E290|Embraer E190-E2
295|E295|Embraer E195-E2
CR1|CRJ1|Bombardier CRJ100
CR2|CRJ2|Bombardier CRJ200
CR7|CRJ7|Bombardier CRJ700
CR9|CRJ9|Bombardier CRJ900
CRK|CRJX|Bombardier CRJ1000
CRJ||Bombardier CRJ
DH1|DH8A|De Havilland Canada Dash 8-100
DH2|DH8B|De Havilland Canada Dash 8-200
DH3|DH8C|De Havilland Canada Dash 8-300
DH4|DH8D|De Havilland Canada Dash 8-400
DH8||De Havilland Canada Dash 8
DH7|DHC7|De Havilland Canada Dash 7
DHT|DHC6|De Havilland Canada Twin Otter
DHP|DHC2|De Havilland Canada Beaver
AT4|AT43 AT44|ATR 42-300/320/400
AT5|AT45 AT46|ATR 42-500/600
AT7|AT72 AT73 AT75 AT76|ATR 72
ATR||ATR 42/72
F27|F27|Fokker F27 Friendship
F28|F28|Fokker F28 Fellowship
F50|F50|Fokker 50
F70|F70|Fokker 70
100|F100|Fokker 100
141|B461|British Aerospace 146-100
142|B462|British Aerospace 146-200
143|B463|British Aerospace 146-300
146||British Aerospace 146
AR7|RJ70|Avro RJ70
AR8|RJ85|Avro RJ85
AR1|RJ1H|Avro RJ100
ARJ||Avro RJ
ATP|ATP|British Aerospace ATP
J31|JS31|British Aerospace Jetstream 31
J32|JS32|British Aerospace Jetstream 32
J41|JS41|British Aerospace Jetstream 41
SF3|SF34|Saab 340
S20|SB20|Saab 2000
D28|D228|Dornier 228
D38|D328|Dornier 328
FRJ|J328|Dornier 328JET
BEH|B190|Beechcraft 1900D
BES|B190|Beechcraft 1900
BE9|BE99|Beechcraft 99
CNC|C208|Cessna 208 Caravan
PL2|PC12|Pilatus PC-12
L4T|L410|Let L-410
SWM|SW4|Fairchild Metro
SH3|SH33|Shorts 330
SH6|SH36|Shorts 360
BNI|BN2P|Britten-Norman Islander
BNT|TRIS|Britten-Norman Trislander
AN4|AN24|Antonov An-24
AN6|AN26|Antonov An-26
A40|A140|Antonov An-140
A81|A148|Antonov An-148
A4F|A124|Antonov An-124
IL6|IL62|Ilyushin Il-62
IL7|IL76|Ilyushin Il-76
IL8|IL18|Ilyushin Il-18
IL9|IL96|Ilyushin Il-96
ILW|IL86|Ilyushin Il-86
TU3|T134|Tupolev Tu-134
TU5|T154|Tupolev Tu-154
T20|T204|Tupolev Tu-204/214
YK2|YK42|Yakovlev Yak-42
YK4|YK40|Yakovlev Yak-40
SU9|SU95|Sukhoi Superjet 100
C27|AJ27|COMAC C909 (ARJ21-700)
919|C919|COMAC C919
MA6|MA60|Xian MA60
YN2|Y12|Harbin Y-12
L10|L101|Lockheed L-1011 TriStar
SSC|CONC|Aérospatiale/BAC Concorde
S61|S61|Sikorsky S-61
S76|S76|Sikorsky S-76
TRN|~|Train
TRS|~|High-speed train
BUS|~|Bus
LMO|~|Limousine
LCH|~|Launch or boat
HOV|~|Hovercraft
`;
