"""A whole search from Python: streams updates until the search is complete, then prints what it found.

usage: PYTHONPATH=stubs python3 search.py 127.0.0.1:7001
"""

import datetime
import json
import sys

import grpc
from entrepot.offer.v1 import flight_pb2
from entrepot.query.v1 import query_pb2, query_pb2_grpc

departure = (datetime.date.today() + datetime.timedelta(days=60)).isoformat()
request = query_pb2.SearchRequest(
    flight=flight_pb2.FlightCriteria(origin="LHR", destination="JFK", departure_date=departure, adults=1),
    currency="GBP",
    market="GB",
    page_size=5,
)

with grpc.insecure_channel(sys.argv[1]) as channel:
    query = query_pb2_grpc.QueryServiceStub(channel)
    offers, order, outcomes, complete = {}, [], {}, False
    for response in query.Search(request, timeout=15):
        update = response.update
        for offer in update.upserts:
            offers[offer.offer_id] = offer
        for offer_id in update.retracted_offer_ids:
            offers.pop(offer_id, None)
        for outcome in update.outcomes:
            outcomes[outcome.partner] = outcome.status
        if update.HasField("page"):
            order = list(update.page.offer_ids)
        complete = complete or update.complete
    print(
        json.dumps(
            {
                "complete": complete,
                "prices": [offers[offer_id].price.total.amount for offer_id in order],
                "currencies": sorted({offers[offer_id].price.total.currency_code for offer_id in order}),
                "carriers": sorted({carrier for offer in offers.values() for carrier in offer.item.flight.carriers}),
                "outcomes": {partner: int(status) for partner, status in outcomes.items()},
            }
        )
    )
    # A mistake comes back typed.
    try:
        list(query.Search(query_pb2.SearchRequest(currency="GBP", market="GB"), timeout=5))
    except grpc.RpcError as error:
        print(json.dumps({"code": error.code().name, "details": error.details()}))
