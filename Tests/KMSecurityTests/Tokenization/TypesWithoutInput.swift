/// Public types that hold no input that could be a card number, each with the reason.
///
/// What a developer or an operator writes (paths, names, limits) is configuration, not data.
enum TypesWithoutInput {
    static let reasons = [
        "KMPrimitives.KMError.Code": "constants of this package",
        "KMPrimitives.RSAPrivateKey": "a key; prints its size",
        "KMPrimitives.RSAPublicKey": "a key; prints its size",
        "KMJSON.JSONScanner.Token": "cases",
        "KMJSON.JSONString": "has no values",
        "KMJOSE.Base64": "two alphabets",
        "KMJOSE.ContentEncryptionAlgorithm": "cases",
        "KMJOSE.JWEDecryptor": "a key and a policy",
        "KMJOSE.JWEPolicy": "configuration",
        "KMJOSE.KeyManagementAlgorithm": "cases",
        "KMSecurity.CredentialSource": "a protocol",
        "KMSecurity.Credential.CryptoKeyIDs": "configuration; ids of keys",
        "KMSecurity.CryptoKey.State": "cases",
        "KMSecurity.DataKeyCaching": "configuration",
        "KMWire.Endpoint": "configuration",
        "KMWire.Endpoint.Rule": "configuration",
        "KMJSON.FieldSelection": "configuration; does not contain what a wildcard matches",
        "KMJSON.FieldSelection.Presence": "cases",
        "KMSecurity.ClientSecurity.Configuration": "configuration",
        "KMSecurity.ClientSecurity.Party": "cases, one with an access key",
        "KMSecurity.ContentKeyUnwrapper": "a protocol",
        "KMSecurity.FileKeyring": "a keyring; prints its type",
        "KMSecurity.KeyringFile": "configuration; ids of keys and names of nodes",
        "KMSecurity.KeyringFile.Key": "configuration; ids of keys",
        "KMSecurity.KeyringFile.Role": "cases",
        "KMSecurity.KeyringFile.State": "cases",
        "KMSecurity.KeyringPassphrases": "a closure",
        "KMSecurity.KeyringSource": "a protocol",
        "KMSecurity.LiveCredentials": "a credential source; prints its type",
        "KMSecurity.LiveKeyring": "a keyring; prints its type",
        "KMSecurity.ServerSecurity.Configuration": "configuration",
        "KMSecurity.ServerSecurity.CorrelationSkew": "configuration",
        "KMSecurity.ServerSecurity.Party": "cases",
        "KMSecurity.WrappedContentKey": "ciphertext",
        "KMWire.EndpointTable": "configuration; prints a count",
        "KMDiagnosis.HeaderRule": "rules of this package",
        "KMDiagnosis.HeaderRule.Kind": "cases",
        "KMWire.HeaderValue": "a protocol",
        "KMCards.IssuerRange": "IIN ranges: configuration",
        "KMJSON.JSONPath": "configuration; errors show no path of a document's own",
        "KMCards.PAN.LeadingDigits": "cases",
        "KMCards.PAN.Separators": "cases",
        "KMCards.PAR.Format": "cases",
        "KMCards.PAR.Prefix": "two or four characters",
        "KMSecurity.ParameterLimits": "configuration",
        "KMWire.Protection": "configuration",
        "KMSecurity.ReplayClaim": "cases, some with a limit of the guard",
        "KMSecurity.ReplayGuard": "a protocol",
        "KMSecurity.ReplayRetention": "configuration",
        "KMSecurity.ReplayShare.Kind": "cases",
        "KMWire.RequestStamp": "calendar times and random digits",
        "KMWire.TimeZoneCode": "one of four constants",
        "KMSecurity.TranTokenVerifier.Tolerance": "configuration",
        "KMWire.WireProfile": "one of two constants",
        "KMVectors.VectorRunner": "holds nothing",
    ]

    /// Identifier types that print a text which a peer may choose, each with the reason why it is not a card number.
    ///
    /// None of them accepts the test card number. A peer can still hide a card number among other characters of an
    /// identifier on purpose. These tests do not count that as card data.
    static let identifiers = [
        "KMWire.AccessKey": "40 characters, given by contract",
        "KMWire.AspID":
            "15 characters, given by contract; 15 digits can be a valid card number only by chance",
        "KMSecurity.Caller": "an access key or an ASP id",
        "KMWire.CorrelationID": "20 characters with a hyphen; the first 12 are a calendar time",
        "KMWire.CryptoKeyID": "32 characters",
        "KMCards.PAR": "27 or 29 characters, made to replace a card number in logs",
        "KMWire.TranTime": "14 digits, a calendar time",
    ]
}
