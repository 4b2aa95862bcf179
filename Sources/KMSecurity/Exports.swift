// `import KMSecurity` is all that a user writes: it brings the header values, the cards, the keys and the errors.
@_exported public import KMCards
@_exported public import KMJSON
@_exported public import KMPrimitives
@_exported public import KMWire

@_exported public import enum KMJOSE.ContentEncryptionAlgorithm
@_exported public import enum KMJOSE.KeyManagementAlgorithm
