"""Tables of one's own, one a stream, with the columns that most people would give them."""

from ..shape import Shape, Table

_MODIFIED, _DELETED = ("updated_at", "modified_at"), ("is_deleted", "deleted")

SHAPE = Shape(
    "plain",
    "Tables of one's own",
    {
        "users": (Table("users", modified=_MODIFIED, deleted=_DELETED),),
        "accounts": (Table("accounts", modified=_MODIFIED, deleted=_DELETED),),
        "contacts": (Table("contacts", modified=_MODIFIED, deleted=_DELETED),),
        "leads": (Table("leads", deal="id", modified=_MODIFIED, links=("owner_id",), deleted=_DELETED),),
        "deals": (Table("deals", deal="id", modified=_MODIFIED, links=("account_id", "owner_id"), deleted=_DELETED),),
        "stage_changes": (Table("stage_changes", deal="deal_id", modified=_MODIFIED, deleted=_DELETED),),
        "deal_contacts": (
            Table("deal_contacts", deal="deal_id", modified=_MODIFIED, links=("contact_id",), deleted=_DELETED),
        ),
        "activities": (Table("activities", deal="deal_id", modified=_MODIFIED, deleted=_DELETED),),
        "line_items": (Table("line_items", deal="deal_id", modified=_MODIFIED, deleted=_DELETED),),
    },
)
