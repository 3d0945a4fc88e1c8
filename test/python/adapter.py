"""A partner by address, whole: rides of a small fleet in memory, behind entrepot.supply.v1.SupplyService.

usage: PYTHONPATH=stubs python3 adapter.py 127.0.0.1:7100      (port 0 takes a free one; prints "listening on <port>")

In the platform it is a file, <config>/partners/<name>.yaml:

    address: 127.0.0.1:7100
    vertical: ride

What the environment says, none of which is needed on one machine:

    ADAPTER_TOKEN_FILE        a file with the token that every call has to bring; the partner's file says `token: {file: …}`
    ADAPTER_TLS_CERTIFICATE   PEM files of the server's certificate and key; the partner's file says `tls: {…}`
    ADAPTER_TLS_KEY
    ADAPTER_TLS_CLIENTS       PEM file of who signs clients' certificates, which are then required
    ADAPTER_PAUSE             seconds between the two batches of a search; 0 without it
"""

import hmac
import os
import signal
import struct
import sys
import threading
import time
import uuid
from concurrent import futures

import grpc
from entrepot.offer.v1 import offer_pb2, outcome_pb2, ride_pb2
from entrepot.supply.v1 import supply_pb2, supply_pb2_grpc
from entrepot.type.v1 import column_pb2, money_pb2

# Goes with every batch: a certificate of this adapter is one of this version.
VERSION = "1.0.0"
LIFETIME_MS = 300_000
MINOR_DIGITS = {"EUR": 2, "GBP": 2, "JPY": 0}

# What the fleet has: of each so many cars. Amounts are minor units; the last one's price has no currency, so it is no offer.
KEYS = ("sku", "label", "class", "seats", "eta", "minor", "currency", "left")
FLEET = [
    dict(zip(KEYS, car))
    for car in (
        ("eco", "Economy", "ECONOMY", 4, 3, 1_850, "GBP", 9),
        ("exec", "Executive", "EXECUTIVE", 3, 7, 4_200, "GBP", 1),
        ("van", "Van", "VAN", 8, 12, 5_300, "GBP", 2),
        ("odd", "Odd one", "STANDARD", 4, 5, 1_000, "", 1),
    )
]


# Columns: packed little-endian arrays, a text once in a dictionary (type/v1/column.proto).


def strings(attribute, values):
    dictionary = sorted(set(values))
    codes = struct.pack(f"<{len(values)}I", *(dictionary.index(value) for value in values))
    return column_pb2.Column(attribute=attribute, strings=column_pb2.StringColumn(dictionary=dictionary, codes=codes))


def int32s(attribute, values):
    return column_pb2.Column(attribute=attribute, int32s=struct.pack(f"<{len(values)}i", *values))


def int64s(values):
    return struct.pack(f"<{len(values)}q", *values)


def price_columns(cars):
    currencies = sorted({car["currency"] for car in cars})
    return column_pb2.PriceColumns(
        currencies=currencies,
        currency_codes=bytes(currencies.index(car["currency"]) for car in cars),
        total_minor=int64s([car["minor"] for car in cars]),
        tax_minor=int64s([-1] * len(cars)),  # not split
        due_later_minor=int64s([0] * len(cars)),
        tax_basis=bytes([money_pb2.TAX_BASIS_INCLUDED] * len(cars)),
    )


def money(minor, currency):
    digits = MINOR_DIGITS[currency]
    major, rest = divmod(minor, 10**digits)
    return money_pb2.Money(currency_code=currency, amount=f"{major}.{rest:0{digits}}" if digits else str(major))


class Answer:
    """What one search was told: found again by its id for as long as its rows live."""

    def __init__(self, cars):
        self.id = uuid.uuid4().hex
        self.cars = cars
        self.fetched_ms = int(time.time() * 1000)
        self.expires_ms = self.fetched_ms + LIFETIME_MS

    def batch(self, partner, rows):
        cars = [self.cars[row] for row in rows]
        batch = supply_pb2.PartnerBatch(
            partner=partner,
            answer=self.id,
            manifest=VERSION,
            rows=struct.pack(f"<{len(rows)}I", *rows),
            columns=column_pb2.ColumnBatch(
                row_count=len(rows),
                columns=[
                    # Serves identity alone; supply looks the product up by it and takes it out.
                    strings("product_code", [car["sku"] for car in cars]),
                    strings("product_name", [car["label"] for car in cars]),
                    strings("ride_class", [car["class"] for car in cars]),
                    strings("price_kind", ["FIXED"] * len(cars)),
                    int32s("capacity", [car["seats"] for car in cars]),
                    int32s("pickup_eta_minutes", [car["eta"] for car in cars]),
                ],
            ),
            prices=price_columns(cars),
            expires_at=int64s([self.expires_ms] * len(rows)),
        )
        batch.fetched_at.FromMilliseconds(self.fetched_ms)
        return batch

    def offer(self, row, wanted=None):
        car = self.cars[row]
        ride = ride_pb2.Ride(
            product_code=car["sku"],
            product_name=car["label"],
            ride_class=ride_pb2.RideClass.Value(f"RIDE_CLASS_{car['class']}"),
            price_kind=ride_pb2.PRICE_KIND_FIXED,
            capacity=car["seats"],
            pickup_eta_minutes=car["eta"],
            cancellation_terms="Free until the driver is on the way.",
        )
        for field, _ in ride.ListFields():
            if wanted and field.name not in wanted:
                ride.ClearField(field.name)
        made = supply_pb2.MadeOffer(
            item=offer_pb2.Item(ride=ride),
            partner_total=money(car["minor"], car["currency"]),
            tax_basis=money_pb2.TAX_BASIS_INCLUDED,
        )
        made.fetched_at.FromMilliseconds(self.fetched_ms)
        made.expires_at.FromMilliseconds(self.expires_ms)
        return made


class Adapter(supply_pb2_grpc.SupplyServiceServicer):
    def __init__(self, pause):
        self._pause = pause
        self._answers = {}
        # The car that each click was handed off to.
        self._taken = {}
        self._lock = threading.Lock()

    def Search(self, requests, context):
        start = next(requests).start
        partner = start.partners[0]
        criteria = start.criteria.ride
        cars = [car for car in FLEET if car["seats"] >= criteria.passengers and self._left(car) > 0]
        if not cars:
            most = max(car["seats"] for car in FLEET)
            skipped = outcome_pb2.PartnerOutcome(
                partner=partner,
                status=outcome_pb2.OUTCOME_STATUS_UNSUPPORTED_CRITERIA,
                detail=f"it has no car left that takes {criteria.passengers} passengers; the largest takes {most}",
            )
            yield supply_pb2.SearchResponse(plan=supply_pb2.SearchPlan(skipped=[skipped]))
            return
        yield supply_pb2.SearchResponse(plan=supply_pb2.SearchPlan(asked=[partner]))

        sellable = [car for car in cars if car["currency"] in MINOR_DIGITS]
        answer = self._hold(Answer(sellable))
        rows = range(len(sellable))
        half = (len(sellable) + 1) // 2
        outcome = outcome_pb2.PartnerOutcome(
            partner=partner,
            status=outcome_pb2.OUTCOME_STATUS_OK,
            rows_received=len(cars),
            requests=1,
        )
        for position, part in enumerate((rows[:half], rows[half:])):
            if position > 0 and not self._wait(context):
                if not context.is_active():
                    return  # cancelled: nobody listens
                outcome.status = outcome_pb2.OUTCOME_STATUS_PARTIAL
                outcome.failure = outcome_pb2.FAILURE_KIND_TIMEOUT
                outcome.detail = "the rest of the fleet had not answered when the time was over"
                break
            if part:
                yield supply_pb2.SearchResponse(batch=answer.batch(partner, part))
        if len(sellable) < len(cars):
            outcome.rejections.add(
                reason=outcome_pb2.REJECTION_REASON_INVALID_CURRENCY,
                count=len(cars) - len(sellable),
                example="a price without a currency",
            )
        yield supply_pb2.SearchResponse(outcome=outcome)

    def _wait(self, context):
        """Waits for the fleet. False when the caller's time would be over before, or it has given up."""
        cancelled = threading.Event()
        context.add_callback(cancelled.set)
        left = context.time_remaining()
        # A tenth of a second is kept to say what became of the search.
        enough = left is None or left - 0.1 > self._pause
        return not cancelled.wait(self._pause if enough else max(0, left - 0.1)) and enough

    def GetOffers(self, request, context):
        wanted = set(request.read_mask.paths)
        offers = []
        for handle in request.handles:
            answer = self._find(handle)
            offers.append(answer.offer(handle.row, wanted) if answer else supply_pb2.MadeOffer(missing=True))
        return supply_pb2.GetOffersResponse(offers=offers)

    def VerifyOffer(self, request, context):
        before = self._living(request.handle, context)
        car = before.cars[request.handle.row]
        if self._left(car) == 0:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"OFFER_SOLD_OUT: {car['label']} is taken")
        # Asking the fleet again: it is at the door a minute sooner, at the same price.
        now = self._hold(Answer([{**car, "eta": max(1, car["eta"] - 1)}]))
        return supply_pb2.VerifyOfferResponse(offer=now.offer(0), batch=now.batch(request.handle.partner, [0]))

    def CreateHandoff(self, request, context):
        answer = self._living(request.handle, context)
        car = answer.cars[request.handle.row]
        sku = car["sku"]
        with self._lock:
            # The same click may come twice, and takes one car.
            if request.click_id not in self._taken:
                if self._left(car) == 0:
                    context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"OFFER_SOLD_OUT: {car['label']} is taken")
                self._taken[request.click_id] = sku
        response = supply_pb2.CreateHandoffResponse(
            url=f"https://harbour.example/book/{answer.id}/{sku}?click={request.click_id}"
        )
        response.expires_at.FromMilliseconds(answer.expires_ms)
        return response

    def _left(self, car):
        return car["left"] - list(self._taken.values()).count(car["sku"])

    def _hold(self, answer):
        now = time.time() * 1000
        with self._lock:
            self._answers = {key: held for key, held in self._answers.items() if held.expires_ms > now}
            self._answers[answer.id] = answer
        return answer

    def _find(self, handle):
        with self._lock:
            answer = self._answers.get(handle.answer)
        alive = answer is not None and answer.expires_ms > time.time() * 1000
        return answer if alive and handle.row < len(answer.cars) else None

    def _living(self, handle, context):
        answer = self._find(handle)
        if answer is None:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "OFFER_EXPIRED: search again")
        return answer


class TokenRequired(grpc.ServerInterceptor):
    """Refuses whoever does not bring the token. The file is read for every call, so that it can be rotated."""

    def __init__(self, file):
        self._file = file

    def intercept_service(self, continuation, details):
        sent = dict(details.invocation_metadata).get("authorization", "")
        with open(self._file, encoding="utf-8") as file:
            wanted = f"Bearer {file.read().strip()}"
        handler = continuation(details)
        if handler is None or hmac.compare_digest(sent.encode(), wanted.encode()):
            return handler

        def refuse(_, context):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "bring the token of this adapter")

        make = grpc.stream_stream_rpc_method_handler if handler.response_streaming else grpc.unary_unary_rpc_method_handler
        return make(refuse, handler.request_deserializer, handler.response_serializer)


def read(name):
    with open(os.environ[name], "rb") as file:
        return file.read()


def listen(server, address):
    if "ADAPTER_TLS_KEY" not in os.environ:
        return server.add_insecure_port(address)
    clients = read("ADAPTER_TLS_CLIENTS") if "ADAPTER_TLS_CLIENTS" in os.environ else None
    pair = (read("ADAPTER_TLS_KEY"), read("ADAPTER_TLS_CERTIFICATE"))
    credentials = grpc.ssl_server_credentials([pair], clients, require_client_auth=clients is not None)
    return server.add_secure_port(address, credentials)


def main():
    token = os.environ.get("ADAPTER_TOKEN_FILE")
    interceptors = [TokenRequired(token)] if token else []
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32), interceptors=interceptors)
    adapter = Adapter(pause=float(os.environ.get("ADAPTER_PAUSE", "0")))
    supply_pb2_grpc.add_SupplyServiceServicer_to_server(adapter, server)
    port = listen(server, sys.argv[1])
    if port == 0:
        sys.exit(f"cannot listen on {sys.argv[1]}")
    server.start()
    print(f"listening on {port}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: server.stop(grace=2))
    server.wait_for_termination()


if __name__ == "__main__":
    main()
