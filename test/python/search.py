"""A whole search from Python: streams updates until the search is complete, looks at the next page, an offer and why it costs that,
and prints what it found.

usage: PYTHONPATH=stubs python3 search.py 127.0.0.1:8081 [key]
"""

import datetime
import json
import sys

import grpc
from entrepot.offer.v1 import flight_pb2
from entrepot.query.v1 import query_pb2, query_pb2_grpc
from entrepot.type.v1 import error_pb2


def reason_of(error):
    """Why a call was refused: a name of ErrorReason, from the google.rpc.ErrorInfo in the error's details."""
    details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
    names = [name.removeprefix("ERROR_REASON_") for name in error_pb2.ErrorReason.keys()]
    return next((name for name in names if name.encode() in details), None)


# Where an edge asks for keys, every call carries one.
key = [("entrepot-key", sys.argv[2])] if len(sys.argv) > 2 else []

departure = (datetime.date.today() + datetime.timedelta(days=60)).isoformat()
request = query_pb2.SearchRequest(
    flight=flight_pb2.FlightCriteria(origin="LHR", destination="JFK", departure_date=departure, adults=1),
    currency="GBP",
    market="GB",
    page_size=5,
)

with grpc.insecure_channel(sys.argv[1]) as channel:
    query = query_pb2_grpc.QueryServiceStub(channel)
    offers, order, outcomes, complete, search_id, next_page = {}, [], {}, False, None, ""
    for response in query.Search(request, timeout=15, metadata=key):
        update = response.update
        search_id = update.search_id
        for offer in update.upserts:
            offers[offer.offer_id] = offer
        for offer_id in update.retracted_offer_ids:
            offers.pop(offer_id, None)
        for outcome in update.outcomes:
            outcomes[outcome.partner] = outcome.status
        if update.HasField("page"):
            order, next_page = list(update.page.offer_ids), update.page.next_page_token
        complete = complete or update.complete
    second = query.GetPage(
        query_pb2.GetPageRequest(search_id=search_id, page_token=next_page), timeout=5, metadata=key
    ).page
    first = second.offers[0].offer_id
    offer = query.GetOffer(query_pb2.GetOfferRequest(offer_id=first), timeout=5, metadata=key).offer
    explained = query.Explain(query_pb2.ExplainRequest(offer_id=first), timeout=5, metadata=key)
    print(
        json.dumps(
            {
                "complete": complete,
                "prices": [offers[offer_id].price.total.amount for offer_id in order],
                "currencies": sorted({offers[offer_id].price.total.currency_code for offer_id in order}),
                "carriers": sorted({carrier for offer in offers.values() for carrier in offer.item.flight.carriers}),
                "secondPage": len([one for one in second.offers if one.offer_id not in order]),
                "offer": offer.offer_id == first,
                "ledger": len(explained.ledger),
                "outcomes": {partner: int(status) for partner, status in outcomes.items()},
            }
        )
    )
    # A mistake comes back typed.
    try:
        list(query.Search(query_pb2.SearchRequest(currency="GBP", market="GB"), timeout=5, metadata=key))
    except grpc.RpcError as error:
        print(json.dumps({"code": error.code().name, "reason": reason_of(error), "details": error.details()}))
