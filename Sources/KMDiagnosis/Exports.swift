// `import KMDiagnosis` is all that a user writes: it brings KMSecurity along.
@_exported public import KMSecurity
