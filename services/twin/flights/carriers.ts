/** A carrier of the world: who it is and where it flies from. */
export interface Carrier {
  /** IATA code. */
  readonly code: string;
  /** ISO 3166-1 alpha-2 of its home. */
  readonly country: string;
  readonly kind: 'network' | 'lowcost';
  /** Who sells whose flights under their own numbers. */
  readonly alliance: 'star' | 'oneworld' | 'skyteam' | '';
  /** Longest flight in kilometres. */
  readonly reachKm: number;
  /** How many flights it has for its kind: 1 few to 5 many. */
  readonly size: number;
  /** Airports it flies from, the main one first. */
  readonly hubs: readonly string[];
}

// code country kind alliance reach size hubs
const table = `
BA GB n oneworld 15000 5 LHR LGW LCY
VS GB n skyteam 13000 3 LHR MAN
U2 GB l - 4500 5 LGW LTN GVA MXP BRS EDI AMS BER NCE
LS GB l - 4200 2 LBA MAN STN BHX
FR IE l - 4200 5 DUB STN BGY CRL BCN MAD PMI PSA OPO
EI IE n - 9500 3 DUB
AF FR n skyteam 13500 5 CDG ORY
TO FR l - 4500 2 ORY NTE
KL NL n skyteam 13000 4 AMS
HV NL l - 4000 2 AMS RTM EIN
LH DE n star 13500 5 FRA MUC
EW DE l - 4000 3 DUS CGN HAM STR PMI
DE DE n - 10500 2 FRA
LX CH n star 13000 3 ZRH GVA
OS AT n star 10500 3 VIE
SN BE n star 10000 2 BRU
IB ES n oneworld 12500 4 MAD
UX ES n skyteam 11000 2 MAD
VY ES l - 4200 4 BCN ORY PMI FCO
TP PT n star 10500 3 LIS OPO
AZ IT n star 12000 3 FCO LIN
SK SE n skyteam 11500 3 CPH ARN OSL
DY NO l - 5500 3 OSL CPH ARN BGO
AY FI n oneworld 12500 3 HEL
FI IS n - 8500 2 KEF
LO PL n star 11500 2 WAW
W6 HU l - 5500 4 BUD WAW LTN OTP SOF GDN KTW
OK CZ n skyteam 4000 1 PRG
RO RO n skyteam 4000 1 OTP
A3 GR n star 4500 3 ATH SKG
BT LV n - 5500 2 RIX TLL VNO
KM MT n - 4000 1 MLA
TK TR n star 14500 5 IST
PC TR l - 5500 3 SAW AYT
SU RU n - 9500 2 SVO
LY IL n - 12000 2 TLV
EK AE n - 15500 5 DXB
FZ AE l - 5500 3 DXB
EY AE n - 14500 3 AUH
QR QA n oneworld 15500 5 DOH
SV SA n skyteam 12500 3 JED RUH
RJ JO n oneworld 9500 1 AMM
MS EG n star 11500 2 CAI
ET ET n star 13500 3 ADD
KQ KE n skyteam 11500 2 NBO
SA ZA n star 12500 1 JNB
AT MA n oneworld 9500 2 CMN
AI IN n star 14000 3 DEL BOM
6E IN l - 7000 5 DEL BOM BLR HYD MAA CCU
SQ SG n star 16000 4 SIN
TR SG l - 9000 2 SIN
MH MY n oneworld 11500 3 KUL
AK MY l - 5000 4 KUL PEN
TG TH n star 11500 3 BKK
VN VN n skyteam 11500 2 SGN HAN
GA ID n skyteam 12500 2 CGK DPS
PR PH n - 13000 2 MNL
CX HK n oneworld 14500 4 HKG
CI TW n skyteam 13500 3 TPE
BR TW n star 13500 3 TPE
CA CN n star 13000 4 PEK CTU
MU CN n skyteam 13000 4 PVG SHA
CZ CN n - 13500 4 CAN PKX
KE KR n skyteam 13500 4 ICN GMP
OZ KR n star 13500 2 ICN
JL JP n oneworld 13500 4 HND NRT ITM
NH JP n star 13500 4 HND NRT
QF AU n oneworld 17000 4 SYD MEL BNE PER
VA AU n - 7500 3 SYD MEL BNE
JQ AU l - 9000 3 MEL SYD OOL
NZ NZ n star 14500 3 AKL CHC
AA US n oneworld 13500 5 DFW CLT ORD MIA PHL JFK LAX DCA PHX
DL US n skyteam 14500 5 ATL DTW MSP SLC JFK LAX SEA BOS LGA
UA US n star 14500 5 ORD EWR IAH DEN SFO IAD LAX
WN US l - 4800 5 DAL MDW BWI DEN LAS PHX OAK
B6 US l - 6500 3 JFK BOS FLL MCO
AS US n oneworld 9500 3 SEA PDX SFO LAX ANC
NK US l - 5000 3 FLL MCO LAS
HA US n - 9500 2 HNL OGG
AC CA n star 13500 4 YYZ YUL YVR YYC
WS CA l - 9500 3 YYC YYZ YVR
AM MX n skyteam 11500 3 MEX MTY
Y4 MX l - 5000 3 MEX GDL TIJ CUN
CM PA n star 7500 3 PTY
AV CO n star 10500 3 BOG
LA CL n - 13500 4 SCL LIM GRU BOG
G3 BR l - 6000 3 GRU CGH GIG BSB
AD BR l - 8500 3 VCP CNF REC
AR AR n skyteam 11500 2 EZE AEP
HR DE n - 4500 1 DUS
`;

/** All carriers, in a fixed order. */
export const carriers: readonly Carrier[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [code, country, kind, alliance, reach, size, ...hubs] = line.split(' ');
    return {
      code: code!,
      country: country!,
      kind: kind === 'n' ? 'network' : 'lowcost',
      alliance: alliance === '-' ? '' : (alliance as Carrier['alliance']),
      reachKm: Number(reach),
      size: Number(size),
      hubs,
    };
  });

const byCode = new Map(carriers.map((carrier) => [carrier.code, carrier]));

/** The carrier of a code; undefined when the world has none. */
export function carrierOf(code: string): Carrier | undefined {
  return byCode.get(code);
}

/** Carriers by the airports that they fly from. */
export const carriersAtHub: ReadonlyMap<string, readonly Carrier[]> = (() => {
  const at = new Map<string, Carrier[]>();
  for (const carrier of carriers) {
    for (const hub of carrier.hubs) {
      const list = at.get(hub);
      if (list) list.push(carrier);
      else at.set(hub, [carrier]);
    }
  }
  return at;
})();

/** Carriers that sell this one's flights under numbers of their own. */
export function partnersOf(carrier: Carrier): readonly Carrier[] {
  if (carrier.alliance === '') return [];
  return carriers.filter(
    (other) => other !== carrier && other.alliance === carrier.alliance && other.kind === 'network',
  );
}
