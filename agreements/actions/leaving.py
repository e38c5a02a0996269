"""What happens between two people when one of them erases the account."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import FORMER_MEMBER, User
from agreements.actions.agreements import tell
from agreements.actions.contacts import touch
from agreements.enums import Party, Status
from agreements.models import Agreement, Block, Contact, Message
from agreements.transitions import move

# How each side ends a proposal that waits for an answer.
WAY_OUT = {Party.PROVIDER: "withdraw", Party.CLIENT: "reject"}


@transaction.atomic
def leave_agreements(*, user: User, now: datetime) -> None:
    """Take the person's name out of all agreements, end their pending ones and tell the other sides.

    Call it before anything else of the two people is written: whoever writes holds an agreement first.

    Raises:
        StatusMoved: the other side answered at this moment.
    """
    Agreement.objects.filter(provider=user).update(provider_name=FORMER_MEMBER)
    Agreement.objects.filter(client=user).update(client_name=FORMER_MEMBER)
    pending = Agreement.objects.of(user).filter(status=Status.PENDING).with_people().order_by("contact_id", "pk")
    for agreement in pending:
        party = Party.PROVIDER if agreement.provider_id == user.pk else Party.CLIENT
        move(WAY_OUT[party], agreement, party=party, actor=user, now=now)
        touch(agreement.contact, by=user, now=now)
        tell(agreement, agreement.other_party(user), "party_left", now=now)


@transaction.atomic
def leave_conversations(*, user: User) -> None:
    """Lift the person's blocks; erase the messages of conversations whose other side has left before."""
    Block.objects.filter(Q(blocker=user) | Q(blocked=user)).delete()
    deserted = Contact.objects.filter(
        Q(opener=user, owner__erased_at__isnull=False) | Q(owner=user, opener__erased_at__isnull=False)
    )
    Message.objects.filter(contact__in=deserted).update(body="")
