// `import KMSecurity` is all that a user writes: keys, secrets and errors come with it.
@_exported public import KMJOSE
@_exported public import KMPrimitives
