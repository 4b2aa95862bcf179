// `import KMJOSE` also brings keys, secrets and errors, because KMPrimitives is not a product of its own.
@_exported public import KMPrimitives
