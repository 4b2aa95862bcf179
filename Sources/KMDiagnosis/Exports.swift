// `import KMDiagnosis` also makes KMSecurity available.
@_exported public import KMSecurity
