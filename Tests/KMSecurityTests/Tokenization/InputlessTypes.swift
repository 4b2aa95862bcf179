/// Public types that hold nothing of an input that could be a card number, each with the reason.
///
/// What a developer or an operator writes (paths, names, limits) is configuration, not data.
enum InputlessTypes {
    static let reasons = [
        "KMPrimitives.KMError.Code": "constants of this package",
        "KMPrimitives.RSAPrivateKey": "a key; prints its size",
        "KMPrimitives.RSAPrivateKey.OAEPHash": "cases",
        "KMPrimitives.RSAPublicKey": "a key; prints its size",
        "KMPrimitives.SHA256": "has no values",
        "KMPrimitives.SecureRandom": "has no values",
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
        "KMSecurity.EndpointPolicy": "configuration",
        "KMSecurity.EndpointPolicy.Rule": "configuration",
        "KMSecurity.FieldSelection": "configuration; what a wildcard reaches is not in it",
        "KMSecurity.FieldSelection.Requirement": "cases",
        "KMSecurity.HeaderRule": "rules of this package",
        "KMSecurity.HeaderRule.Kind": "cases",
        "KMSecurity.HeaderValue": "a protocol",
        "KMSecurity.IssuerRange": "ranges of issuers' numbers: configuration",
        "KMSecurity.JSONPath": "configuration; errors show no path of a document's own",
        "KMSecurity.PAN.LeadingDigits": "cases",
        "KMSecurity.PAN.Separators": "cases",
        "KMSecurity.PAR.Format": "cases",
        "KMSecurity.PAR.Prefix": "two or four characters",
        "KMSecurity.ParameterLimits": "configuration",
        "KMSecurity.Protection": "configuration",
        "KMSecurity.ReplayClaim": "cases, some with a limit of the guard",
        "KMSecurity.ReplayGuard": "a protocol",
        "KMSecurity.ReplayRetention": "configuration",
        "KMSecurity.ReplayShare.Kind": "cases",
        "KMSecurity.RequestStamp": "times of a calendar, and random digits",
        "KMSecurity.TimeZoneCode": "one of four constants",
        "KMSecurity.TranTokenVerifier.Tolerance": "configuration",
        "KMSecurity.WireProfile": "one of two constants",
        "KMVectors.VectorGenerator": "a seed, which is configuration",
        "KMVectors.VectorGenerator.File": "tests that it made itself",
        "KMVectors.VectorRunner": "holds nothing",
    ]

    /// Types that print a text which a peer may choose, since that is what they are for, each with the reason why that is
    /// no card number.
    ///
    /// None takes the test card; whoever puts a number into one of them on purpose, between other characters, has written
    /// that number into an identifier, which is not a place of card data.
    static let identifiers = [
        "KMSecurity.AccessKey": "40 characters, given by contract",
        "KMSecurity.AspID":
            "15 characters, given by contract; of 15 digits some cards are, by the same chance as any number",
        "KMSecurity.Caller": "an access key or an ASP id",
        "KMSecurity.CorrelationID": "20 characters with a hyphen, the first 12 a time of a calendar",
        "KMSecurity.CryptoKeyID": "32 characters",
        "KMSecurity.PAR": "27 or 29 characters, made to stand in logs in a card number's place",
        "KMSecurity.TranTime": "14 digits, a time of a calendar",
    ]
}
