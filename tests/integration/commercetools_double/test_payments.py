from __future__ import annotations

from tests.integration.commercetools_double.shop import Shop, usd

PAYMENT = {
    "key": "pay-1",
    "amountPlanned": usd(2500),
    "paymentMethodInfo": {"paymentInterface": "PSP", "method": "card"},
    "transactions": [{"type": "Authorization", "amount": usd(2500), "state": "Success"}],
}


def test_a_payment_is_created_and_told(shop: Shop) -> None:
    shop.subscribe(messages=[{"resourceTypeId": "payment"}])
    payment = shop.post("payments", PAYMENT)
    (message,) = shop.settled()
    assert (message["type"], message["payment"]) == ("PaymentCreated", payment)
    assert message["resourceUserProvidedIdentifiers"] == {"key": "pay-1"}


def test_a_transaction_is_initial_unless_told_otherwise(shop: Shop) -> None:
    payment = shop.post("payments", {**PAYMENT, "transactions": [{"type": "Charge", "amount": usd(1)}]})
    assert payment["transactions"][0]["state"] == "Initial"


def test_transactions_are_added_and_change_state_and_are_told(shop: Shop) -> None:
    payment = shop.post("payments", PAYMENT)
    shop.subscribe(messages=[{"resourceTypeId": "payment"}])
    charge = {"type": "Charge", "amount": usd(2500), "state": "Pending", "timestamp": "2026-03-01T10:00:00Z"}
    payment = shop.update("payments", payment, {"action": "addTransaction", "transaction": charge})
    transaction = payment["transactions"][1]["id"]
    action = {"action": "changeTransactionState", "transactionId": transaction, "state": "Success"}
    payment = shop.update("payments", payment, action)
    assert payment["transactions"][1]["state"] == "Success"
    assert shop.types() == ["PaymentTransactionAdded", "PaymentTransactionStateChanged"]


def test_a_transaction_that_is_not_there_cannot_change(shop: Shop) -> None:
    payment = shop.post("payments", PAYMENT)
    action = {"action": "changeTransactionState", "transactionId": "none", "state": "Success"}
    assert shop.update_refused("payments", payment, action)["code"] == "InvalidOperation"


def test_a_payment_changes_without_its_order_hearing_of_it(shop: Shop) -> None:
    payment = shop.post("payments", PAYMENT)
    order = shop.imported()
    reference = {"typeId": "payment", "id": payment["id"]}
    order = shop.update("orders", order, {"action": "addPayment", "payment": reference})
    shop.update("payments", payment, {"action": "setStatusInterfaceCode", "interfaceCode": "settled"})
    assert shop.get(f"orders/{order['id']}") == order


def test_an_order_is_found_by_its_payment(shop: Shop) -> None:
    payment = shop.post("payments", PAYMENT)
    order = shop.imported()
    shop.imported("WEB-2")
    reference = {"typeId": "payment", "id": payment["id"]}
    order = shop.update("orders", order, {"action": "addPayment", "payment": reference})
    found = shop.get("orders", where=f'paymentInfo(payments(id="{payment["id"]}"))')
    assert found["results"] == [order]


def test_payments_of_an_order_are_expanded(shop: Shop) -> None:
    payment = shop.post("payments", PAYMENT)
    reference = {"typeId": "payment", "id": payment["id"]}
    order = shop.imported(paymentInfo={"payments": [reference]})
    by_id = shop.get(f"orders/{order['id']}", expand="paymentInfo.payments[*]")
    by_query = shop.get("orders", expand="paymentInfo.payments[*]")["results"][0]
    assert by_id["paymentInfo"]["payments"][0]["obj"] == payment
    assert by_query["paymentInfo"]["payments"][0]["obj"] == payment
    assert shop.get(f"orders/{order['id']}") == order


def test_added_and_removed_payments_are_told(shop: Shop) -> None:
    reference = {"typeId": "payment", "id": shop.post("payments", PAYMENT)["id"]}
    order = shop.imported()
    shop.subscribe()
    order = shop.update("orders", order, {"action": "addPayment", "payment": reference})
    order = shop.update("orders", order, {"action": "removePayment", "payment": reference})
    assert "paymentInfo" not in order
    assert shop.types() == ["OrderPaymentAdded", "OrderPaymentRemoved"]


def test_a_key_and_an_interface_id_are_given_only_once(shop: Shop) -> None:
    shop.post("payments", {**PAYMENT, "interfaceId": "psp-1"})
    assert shop.refused("payments", PAYMENT)["field"] == "key"
    assert shop.refused("payments", {**PAYMENT, "key": "pay-2", "interfaceId": "psp-1"})["code"] == "DuplicateField"
    other = {**PAYMENT, "key": "pay-3", "interfaceId": "psp-1", "paymentMethodInfo": {"paymentInterface": "Other"}}
    assert shop.post("payments", other)["version"] == 1
