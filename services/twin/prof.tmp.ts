import { createTwin } from './server.ts';
import { createHash } from 'node:crypto';
const twin = await createTwin({ port: 0 });
for (const s of ['duffel','hotelbeds']) twin.setScenario(s, {});
const date = (d:number)=>new Date(Date.now()+d*86400e3).toISOString().slice(0,10);
for (let i=0;i<250;i++) {
 await (await fetch(`${twin.url}/duffel/air/offer_requests`,{method:'POST',headers:{authorization:'Bearer twin','duffel-version':'v2','content-type':'application/json'},body:JSON.stringify({data:{slices:[{origin:'MAD',destination:'BER',departure_date:date(20+i)}],passengers:[{type:'adult'}]}})})).arrayBuffer();
 const s=Math.floor(Date.now()/1000); await (await fetch(`${twin.url}/hotelbeds/hotel-api/1.0/hotels`,{method:'POST',headers:{'api-key':'k','accept-encoding':'identity','x-signature':createHash('sha256').update(`ktwin${s}`).digest('hex'),'content-type':'application/json'},body:JSON.stringify({stay:{checkIn:date(60+i),checkOut:date(63+i)},occupancies:[{rooms:1,adults:2,children:0}],geolocation:{latitude:48.8566,longitude:2.3522,radius:20,unit:'km'}})})).arrayBuffer();
}
await twin.close();
