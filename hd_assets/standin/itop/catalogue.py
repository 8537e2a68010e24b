"""The classes of a stock iTop 3.2 as far as a reader can see them: names, parents, who may read them."""

from __future__ import annotations

_NAMES = """
AsyncTask AsyncSendEmail AsyncSendNewsroom DBProperty CMDBChange CMDBChangeOp CMDBChangeOpCreate CMDBChangeOpDelete
CMDBChangeOpSetAttribute CMDBChangeOpSetAttributeScalar CMDBChangeOpSetAttributeTagSet CMDBChangeOpSetAttributeURL
CMDBChangeOpSetAttributeBlob CMDBChangeOpSetAttributeOneWayPassword CMDBChangeOpSetAttributeEncrypted
CMDBChangeOpSetAttributeText CMDBChangeOpSetAttributeLongText CMDBChangeOpSetAttributeHTML
CMDBChangeOpSetAttributeCaseLog CMDBChangeOpPlugin CMDBChangeOpSetAttributeLinks
CMDBChangeOpSetAttributeLinksAddRemove CMDBChangeOpSetAttributeLinksTune CMDBChangeOpSetAttributeCustomFields
AuditCategory AuditDomain lnkAuditCategoryToAuditDomain AuditRule Query QueryOQL ModuleInstallation
ExtensionInstallation UserDashboard Shortcut ShortcutOQL appUserPreferences User UserInternal Event
EventNotification EventNotificationEmail EventIssue EventWebService EventRestService EventLoginUsage EventOnObject
Action ActionNotification ActionEmail Trigger TriggerOnObject TriggerOnPortalUpdate TriggerOnStateChange
TriggerOnStateEnter TriggerOnStateLeave TriggerOnObjectCreate TriggerOnObjectDelete TriggerOnObjectUpdate
TriggerOnObjectMention TriggerOnAttributeBlobDownload lnkTriggerAction TriggerOnThresholdReached BulkExportResult
iTopOwnershipToken TagSetFieldData SynchroDataSource SynchroAttribute SynchroAttExtKey SynchroAttLinkSet SynchroLog
SynchroReplica BackgroundTask InlineImage KeyValueStore TemporaryObjectDescriptor lnkActionNotificationToContact
ActionNewsroom EventNotificationNewsroom AbstractResource ResourceAdminMenu ResourceRunQueriesMenu
ResourceSystemMenu WelcomePopupAcknowledge UserExternal UserLocal CMDBChangeOpAttachmentAdded
CMDBChangeOpAttachmentRemoved TriggerOnAttachmentDownload Attachment Organization Location Contact Person Team
lnkPersonToTeam Typology Document DocumentFile DocumentNote DocumentWeb DocumentType ContactType Ticket
lnkContactToTicket WorkOrder FunctionalCI PhysicalDevice ConnectableCI DatacenterDevice NetworkDevice Server
ApplicationSolution BusinessProcess SoftwareInstance Middleware DBServer WebServer PCSoftware OtherSoftware
MiddlewareInstance DatabaseSchema WebApplication Software Patch OSPatch SoftwarePatch Licence OSLicence
SoftwareLicence lnkDocumentToLicence OSVersion OSFamily Brand Model NetworkDeviceType IOSVersion
lnkContactToFunctionalCI lnkDocumentToPatch lnkSoftwareInstanceToSoftwarePatch lnkFunctionalCIToOSPatch
lnkDocumentToSoftware lnkDocumentToFunctionalCI Subnet VLAN lnkSubnetToVLAN NetworkInterface IPInterface
PhysicalInterface lnkPhysicalInterfaceToVLAN lnkConnectableCIToNetworkDevice lnkApplicationSolutionToFunctionalCI
lnkApplicationSolutionToBusinessProcess Group lnkGroupToCI Rack Enclosure PowerConnection PowerSource PDU
TelephonyCI Phone MobilePhone IPPhone Tablet PC Printer Peripheral FAQ TagSetFieldDataFor_FAQ__domains FAQCategory
Incident KnownError lnkErrorToFunctionalCI lnkDocumentToError OAuthClient OAuthClientAzure OAuthClientGoogle Problem
UserRequest Contract ContractType CustomerContract ProviderContract lnkContactToContract lnkContractToDocument
ServiceFamily Service lnkDocumentToService lnkContactToService ServiceSubcategory SLA SLT lnkSLAToSLT
lnkCustomerContractToService lnkProviderContractToService DeliveryModel lnkDeliveryModelToContact StorageSystem
SANSwitch TapeLibrary NAS Tape NASFileSystem FiberChannelInterface LogicalVolume lnkServerToVolume
lnkSanToDatacenterDevice VirtualDevice VirtualHost Hypervisor Farm VirtualMachine LogicalInterface
lnkFunctionalCIToProviderContract lnkFunctionalCIToService lnkFunctionalCIToTicket lnkVirtualDeviceToVolume Change
RoutineChange ApprovedChange NormalChange EmergencyChange URP_Profiles URP_UserProfile URP_UserOrg
"""

CLASSES = tuple(_NAMES.split())
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
    "UserLocal",
    "UserInternal",
    "UserExternal",
    "User",
    "URP_",
    "CMDBChange",
    "Trigger",
    "Action",
    "InlineImage",
    "Query",
    "ModuleInstallation",
    "lnkTrigger",
)
"""Beginnings of class names that an account without the profile Administrator may not read."""

UNRESTRICTED = ("lnk", "FAQ")
"""Beginnings of class names whose rows an account sees whatever organizations it is limited to."""
