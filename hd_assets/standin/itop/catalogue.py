"""The classes of a stock iTop 3.2 as far as a reader can see them: names, parents, who may read them."""

from __future__ import annotations

from hd_assets.extract.itop.standard import STANDARD_CLASSES

CLASSES = STANDARD_CLASSES
"""Every class, in the order in which iTop lists them when it is asked for one it does not know."""

_CHILDREN = {
    "CMDBChangeOp": "CMDBChangeOpCreate CMDBChangeOpDelete CMDBChangeOpSetAttribute",
    "CMDBChangeOpSetAttribute": "CMDBChangeOpSetAttributeScalar CMDBChangeOpSetAttributeCaseLog"
    " CMDBChangeOpSetAttributeHTML CMDBChangeOpSetAttributeLinks",
    "CMDBChangeOpSetAttributeLinks": "CMDBChangeOpSetAttributeLinksAddRemove CMDBChangeOpSetAttributeLinksTune",
    "Query": "QueryOQL",
    "User": "UserInternal UserExternal",
    "UserInternal": "UserLocal",
    "Action": "ActionNotification",
    "ActionNotification": "ActionEmail ActionNewsroom",
    "Trigger": "TriggerOnObject TriggerOnThresholdReached",
    "TriggerOnObject": "TriggerOnPortalUpdate TriggerOnStateChange TriggerOnObjectCreate TriggerOnObjectDelete"
    " TriggerOnObjectUpdate TriggerOnObjectMention",
    "TriggerOnStateChange": "TriggerOnStateEnter TriggerOnStateLeave",
    "TagSetFieldData": "TagSetFieldDataFor_FAQ__domains",
    "Contact": "Person Team",
    "Document": "DocumentFile DocumentNote DocumentWeb",
    "Ticket": "UserRequest Incident Problem Change",
    "Change": "RoutineChange ApprovedChange",
    "ApprovedChange": "NormalChange EmergencyChange",
    "Contract": "CustomerContract ProviderContract",
    "FunctionalCI": "PhysicalDevice ApplicationSolution BusinessProcess SoftwareInstance MiddlewareInstance"
    " DatabaseSchema WebApplication VirtualDevice",
    "PhysicalDevice": "ConnectableCI Rack Enclosure PowerConnection Peripheral TelephonyCI Tablet",
    "ConnectableCI": "DatacenterDevice PC Printer",
    "DatacenterDevice": "NetworkDevice Server StorageSystem SANSwitch TapeLibrary NAS",
    "SoftwareInstance": "Middleware DBServer WebServer PCSoftware OtherSoftware",
    "PowerConnection": "PowerSource PDU",
    "TelephonyCI": "Phone MobilePhone IPPhone",
    "VirtualDevice": "VirtualHost VirtualMachine",
    "VirtualHost": "Hypervisor Farm",
}

PARENTS = {child: parent for parent, children in _CHILDREN.items() for child in children.split()}
"""Class → parent, for classes that have one with rows of its own kind."""

ADMIN_ONLY = (
    "UserLocal", "UserInternal", "UserExternal", "URP_", "CMDBChange", "Trigger", "Action", "InlineImage", "Query",
    "ModuleInstallation", "lnkTrigger",
)  # fmt: skip
"""Beginnings of class names that an account without the profile Administrator may not read."""

UNRESTRICTED = ("lnk", "FAQ")
"""Beginnings of class names whose rows an account sees whatever organizations it is limited to."""

_OP = ("change", "date", "userinfo", "user_id", "objclass", "objkey", "finalclass", "friendlyname")
WITHOUT_ROWS = {
    "CMDBChangeOp": _OP,
    "CMDBChangeOpCreate": _OP,
    "CMDBChangeOpDelete": (*_OP, "fclass", "fname"),
    "CMDBChangeOpSetAttributeScalar": (*_OP, "attcode", "oldvalue", "newvalue"),
}
"""Attributes of classes that readers ask for although nothing may have happened yet; of others the rows tell."""
