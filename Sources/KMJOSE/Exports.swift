// Keys, secrets and errors come with `import KMJOSE`: KMPrimitives is no product of its own.
@_exported public import KMPrimitives
