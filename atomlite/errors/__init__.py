"""Every error that a user of atomlite can meet.

Each class names one mistake, is also the builtin that a reader would expect (`KeyError`,
`ValueError`, ...), has a stable `code`, an HTTP status, and a message in three beats: what
happened, what was found, what to do. The HTTP body is made from the same object, so a notebook and
``curl`` say the same thing.

>>> error = TableNotFound("Sale", known=["Sales", "Shops"])
>>> print(error)
No table named "Sale". Tables: "Sales", "Shops". Did you mean "Sales"?
>>> error.code, error.http_status
('table_not_found', 404)
"""

from __future__ import annotations

from atomlite.errors.access import NotAuthenticated, NotAuthorized
from atomlite.errors.loads import (
    LinkDroppedWarning,
    LoadWarning,
    RowsRejected,
    SourceNotFound,
    TableReplacedWarning,
    TransactionMisused,
    UnexpectedColumns,
    UnreadableSource,
    UnsupportedData,
)
from atomlite.errors.names import (
    ColumnNotFound,
    ConditionMisused,
    InvalidArgument,
    InvalidJoin,
    InvalidName,
    TableExists,
    TableNotFound,
    UnknownDataType,
    WrongType,
)
from atomlite.errors.queries import (
    DeadlineExceeded,
    EngineFailed,
    OperationCancelled,
    OutOfMemory,
    QueryFailed,
    QueryRefused,
    ResultTooLarge,
)
from atomlite.errors.requests import (
    AnswerNotSerializable,
    BodyTooLarge,
    BodyTypeUnsupported,
    EndpointNotFound,
    HeadTooLarge,
    HostNotAllowed,
    HttpError,
    InternalError,
    InvalidAnswer,
    InvalidBody,
    InvalidJson,
    InvalidRequest,
    InvalidRoute,
    MethodNotAllowed,
    NotAcceptable,
    OriginNotAllowed,
    ServerBusy,
    ServerDraining,
)
from atomlite.errors.root import (
    AtomliteError,
    did_you_mean,
    error_body,
    names_listed,
    shortened,
)
from atomlite.errors.searches import (
    InvalidCursor,
    InvalidEndpoint,
    InvalidSearch,
    ParametersNotValidated,
)
from atomlite.errors.sessions import (
    AddressUnavailable,
    CalledFromEventLoop,
    ClosedFromWithin,
    DatabaseHeld,
    DatabaseUnreadable,
    DemoDataMissing,
    InvalidConfiguration,
    InvalidEnvironment,
    PortInUse,
    SessionClosed,
    SessionForked,
    TraceNotKept,
)

__all__ = [
    "AddressUnavailable",
    "AnswerNotSerializable",
    "AtomliteError",
    "BodyTooLarge",
    "BodyTypeUnsupported",
    "CalledFromEventLoop",
    "ClosedFromWithin",
    "ColumnNotFound",
    "ConditionMisused",
    "DatabaseHeld",
    "DatabaseUnreadable",
    "DeadlineExceeded",
    "DemoDataMissing",
    "EndpointNotFound",
    "EngineFailed",
    "HeadTooLarge",
    "HostNotAllowed",
    "HttpError",
    "InternalError",
    "InvalidAnswer",
    "InvalidArgument",
    "InvalidBody",
    "InvalidConfiguration",
    "InvalidCursor",
    "InvalidEndpoint",
    "InvalidEnvironment",
    "InvalidJoin",
    "InvalidJson",
    "InvalidName",
    "InvalidRequest",
    "InvalidRoute",
    "InvalidSearch",
    "LinkDroppedWarning",
    "LoadWarning",
    "MethodNotAllowed",
    "NotAcceptable",
    "NotAuthenticated",
    "NotAuthorized",
    "OperationCancelled",
    "OriginNotAllowed",
    "OutOfMemory",
    "ParametersNotValidated",
    "PortInUse",
    "QueryFailed",
    "QueryRefused",
    "ResultTooLarge",
    "RowsRejected",
    "ServerBusy",
    "ServerDraining",
    "SessionClosed",
    "SessionForked",
    "SourceNotFound",
    "TableExists",
    "TableNotFound",
    "TableReplacedWarning",
    "TraceNotKept",
    "TransactionMisused",
    "UnexpectedColumns",
    "UnknownDataType",
    "UnreadableSource",
    "UnsupportedData",
    "WrongType",
    "did_you_mean",
    "error_body",
    "names_listed",
    "shortened",
]

for _name in __all__:
    # Tracebacks show the module that users import an error from.
    globals()[_name].__module__ = __name__
