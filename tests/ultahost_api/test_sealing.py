import base64
import string

import pytest
from allauth.mfa.models import Authenticator
from hypothesis import given
from hypothesis import strategies as st

from portal.sign_in.adapters import SEED
from ultahost_api.crypto import digests, sealed_columns, sealing
from ultahost_api.models import ApiKey
from ultahost_api.models.api_keys import fingerprint

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.fixture
def seal_with(settings):
    def choose(*keys):
        settings.ULTAHOST = {**settings.ULTAHOST, "SEALING_KEYS": list(keys)}

    choose(OLD)
    return choose


@pytest.fixture
def make_key(people, seal_with):
    owner = people.member("Alma")

    def make(number=0):
        key = ApiKey(owner=owner, label=f"Key {number}")
        key.put(f"sk_test_secret_{number}")
        key.save()
        return key

    return make


def opens(key):
    try:
        return sealed_columns.unseal(key, "sealed")
    except sealing.CannotUnseal:
        return None


def resealed():
    """(resealed, unreadable) over all columns."""
    done = list(sealed_columns.reseal())
    return sum(count for _, count, _ in done), sum(count for *_, count in done)


def test_it_opens_what_it_sealed(make_key):
    key = make_key()
    assert "secret" not in key.sealed
    assert opens(ApiKey.objects.get()) == "sk_test_secret_0"


def test_it_seals_the_same_value_differently_each_time(make_key):
    key = make_key()
    before = key.sealed
    key.put("sk_test_secret_0")
    assert key.sealed != before


def test_it_does_not_open_in_another_row(make_key):
    one, two = make_key(1), make_key(2)
    one.sealed, two.sealed = two.sealed, one.sealed
    assert (opens(one), opens(two)) == (None, None)


def test_it_does_not_open_in_another_column_or_table(make_key):
    key = make_key()
    for aad in (f"ultahost_api_apikey|label|{key.pk}", f"other|sealed|{key.pk}", ""):
        with pytest.raises(sealing.CannotUnseal):
            sealing.unseal_text(key.sealed, aad)


def test_it_does_not_open_when_any_character_was_changed(make_key):
    key = make_key()
    whole = key.sealed
    for place, character in enumerate(whole):
        spare_bits = place == len(whole) - 1  # which base64 itself would overlook
        for other in string.ascii_letters if spare_bits else "AB":
            if other != character:
                key.sealed = whole[:place] + other + whole[place + 1 :]
                assert opens(key) is None, place


def test_it_does_not_open_when_any_bit_was_flipped(make_key):
    key = make_key()
    head, _, cipher = key.sealed.rpartition(".")
    raw = base64.urlsafe_b64decode(cipher + "=" * (-len(cipher) % 4))
    for bit in range(8 * len(raw)):
        spoilt = bytearray(raw)
        spoilt[bit // 8] ^= 1 << bit % 8
        key.sealed = f"{head}.{base64.urlsafe_b64encode(spoilt).decode().rstrip('=')}"
        assert opens(key) is None


def test_it_does_not_open_when_it_was_cut_or_grew(make_key):
    key = make_key()
    whole = key.sealed
    for spoilt in [whole[:length] for length in range(len(whole))] + [f"{whole}A", f"{whole}!", f" {whole}"]:
        key.sealed = spoilt
        assert opens(key) is None


@pytest.mark.parametrize("text", ["", "....", "v1.a.b.c", "v2.a.b.c", "v1.ü.ü.ü", "\x00", "v1.." + "A" * 99])
def test_it_does_not_stumble_over_nonsense(seal_with, text):
    with pytest.raises(sealing.CannotUnseal):
        sealing.unseal_text(text, "")


def test_it_does_not_open_with_another_key(make_key, seal_with):
    key = make_key()
    seal_with(NEW)
    assert opens(key) is None


def test_it_does_not_open_with_another_key_of_the_same_name(make_key, seal_with, monkeypatch):
    key = make_key()
    name = sealing.key_id(OLD)
    seal_with(NEW)
    monkeypatch.setattr(sealing, "key_id", lambda _: name)
    assert opens(key) is None


def test_it_seals_with_the_first_key_and_opens_with_all(make_key, seal_with):
    old = make_key(1)
    seal_with(NEW, OLD)
    new = make_key(2)
    assert (opens(old), opens(new)) == ("sk_test_secret_1", "sk_test_secret_2")
    seal_with(NEW)
    assert (opens(old), opens(new)) == (None, "sk_test_secret_2")


def test_it_reseals_everything_with_the_first_key(make_key, seal_with):
    for number in range(3):
        make_key(number)
    seal_with(NEW, OLD)
    assert resealed() == (3, 0)
    seal_with(NEW)
    assert sorted(map(opens, ApiKey.objects.all())) == [f"sk_test_secret_{n}" for n in range(3)]


def test_it_reseals_nothing_twice(make_key, seal_with):
    make_key()
    seal_with(NEW, OLD)
    resealed()
    before = ApiKey.objects.get().sealed
    assert resealed() == (0, 0)
    assert ApiKey.objects.get().sealed == before


@pytest.mark.django_db(transaction=True)
def test_it_may_be_killed_while_resealing_and_go_on(make_key, seal_with, monkeypatch):
    for number in range(5):
        make_key(number)
    seal_with(NEW, OLD)
    real, calls = sealing.seal_text, []

    def die_at_the_third(*args):
        calls.append(args)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(sealed_columns, "seal_text", die_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        resealed()
    monkeypatch.undo()
    assert sorted(map(opens, ApiKey.objects.all())) == [f"sk_test_secret_{n}" for n in range(5)]
    assert resealed() == (3, 0)
    seal_with(NEW)
    assert None not in map(opens, ApiKey.objects.all())


def test_it_counts_what_it_cannot_open_and_leaves_it_as_it_is(make_key, seal_with):
    make_key(1)
    seal_with(NEW)
    make_key(2)
    before = set(ApiKey.objects.values_list("sealed", flat=True))
    assert resealed() == (0, 1)
    assert set(ApiKey.objects.values_list("sealed", flat=True)) == before


def test_it_passes_over_wiped_keys(make_key, seal_with):
    key = make_key()
    key.wipe()
    key.save()
    seal_with(NEW, OLD)
    assert resealed() == (0, 0)


def test_it_knows_the_same_key_again_after_resealing(make_key, seal_with):
    key = make_key()
    seal_with(NEW, OLD)
    resealed()
    assert ApiKey.objects.get().fingerprint == key.fingerprint == fingerprint("sk_test_secret_0")


@pytest.fixture
def meanwhile(monkeypatch):
    """Has somebody else act between the reading of each value and its writing."""

    def put(act):
        real = sealing.unseal_text

        def unseal_text(text, aad):
            opened = real(text, aad)
            act()
            return opened

        monkeypatch.setattr(sealed_columns, "unseal_text", unseal_text)

    return put


def replaced_with(secret):
    key = ApiKey.objects.get()
    key.put(secret)
    ApiKey.objects.update(sealed=key.sealed)


def test_it_brings_no_deleted_row_back(make_key, seal_with, meanwhile):
    make_key()
    seal_with(NEW, OLD)
    meanwhile(lambda: ApiKey.objects.all().delete())
    assert resealed() == (0, 0)
    assert not ApiKey.objects.exists()


def test_it_brings_no_wiped_secret_back(make_key, seal_with, meanwhile):
    make_key()
    seal_with(NEW, OLD)
    meanwhile(lambda: ApiKey.objects.update(sealed=""))
    assert resealed() == (0, 0)
    assert ApiKey.objects.get().sealed == ""


def test_it_overwrites_no_secret_that_was_replaced(make_key, seal_with, meanwhile, monkeypatch):
    make_key()
    seal_with(NEW, OLD)
    meanwhile(lambda: replaced_with("sk_test_replaced"))
    assert resealed() == (0, 0)
    monkeypatch.undo()
    seal_with(NEW)
    assert opens(ApiKey.objects.get()) == "sk_test_replaced"


def test_it_reseals_what_was_replaced_meanwhile_by_a_process_with_the_old_key(
    make_key, seal_with, meanwhile, monkeypatch
):
    make_key()
    left = ["sk_test_replaced"]

    def replace_once():
        if left:
            seal_with(OLD)
            replaced_with(left.pop())
            seal_with(NEW, OLD)

    seal_with(NEW, OLD)
    meanwhile(replace_once)
    assert resealed() == (1, 0)
    monkeypatch.undo()
    seal_with(NEW)
    assert opens(ApiKey.objects.get()) == "sk_test_replaced"


def test_it_leaves_the_rest_of_a_row_as_others_write_it(make_key, seal_with, meanwhile):
    make_key()
    seal_with(NEW, OLD)
    meanwhile(lambda: ApiKey.objects.update(label="Renamed"))
    assert resealed() == (1, 0)
    assert ApiKey.objects.get().label == "Renamed"


def test_it_leaves_a_recovery_code_used_that_was_used_meanwhile(people, seal_with, meanwhile):
    owner = people.member("Alma")
    codes = {"seed": sealing.seal_text("seed", SEED), "used_mask": 0}
    factor = Authenticator.objects.create(user=owner, type="recovery_codes", data=codes)

    def use_a_code():
        factor.data["used_mask"] = 1
        factor.save()

    seal_with(NEW, OLD)
    meanwhile(use_a_code)
    assert resealed() == (1, 0)
    seal_with(NEW)
    factor.refresh_from_db()
    assert factor.data["used_mask"] == 1
    assert sealing.unseal_text(factor.data["seed"], SEED) == "seed"


@given(data=st.data())
def test_it_opens_nothing_that_was_changed_however_it_was_changed(data):
    aad = data.draw(st.text(st.characters(codec="utf-8")))
    secret = data.draw(st.text(st.characters(codec="utf-8")))
    whole = sealing.seal_text(secret, aad)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    changed = whole[:start] + data.draw(st.text(max_size=9)) + whole[end:]
    assert sealing.unseal_text(whole, aad) == secret
    assert sealing.opens(changed, aad) == (changed == whole)
    other = data.draw(st.text(st.characters(codec="utf-8")))
    assert sealing.opens(whole, other) == (other == aad)


def test_it_makes_digests_that_need_the_hmac_key_and_name_their_purpose(settings):
    one = digests.keyed_digest("link", "value")
    assert one != digests.keyed_digest("other", "value")
    assert one == digests.keyed_digest("link", "value")
    settings.ULTAHOST = {**settings.ULTAHOST, "HMAC_KEY": b"another"}
    assert one != digests.keyed_digest("link", "value")
