internal import KMJSON
public import KMPrimitives

extension RSAPublicKey {
    /// Creates an RSA public key from a JSON Web Key (RFC 7517, RFC 7518 section 6.3.1).
    ///
    /// - Throws: ``KMError`` `wrongKeyKind` when `json` is a private JWK; `malformedJWK` when it is not a JWK;
    ///   `malformedKey` when its integers are not an RSA public key; `unsupportedKey` for another key type or size;
    ///   `limitExceeded` when it is larger than 65,536 bytes.
    public init(jwk json: [UInt8]) throws {
        let members = try JWKMembers(json.span)
        guard !members.has("d") else { throw KMError(.wrongKeyKind, "expected a public JWK; got a private one") }
        let (modulus, publicExponent) = (try members.integer("n"), try members.integer("e"))
        self = try RSAPublicKey(modulus: modulus, publicExponent: publicExponent)
    }

    /// Returns the key as a JSON Web Key with the members `e`, `kty` and `n`, in this order.
    ///
    /// These are the members and the order that RFC 7638 requires for a thumbprint.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when memory is short.
    public func jwkRepresentation() throws -> [UInt8] {
        let (modulus, publicExponent) = (try modulus(), try publicExponent())
        var json = Array(#"{"e":""#.utf8)
        Base64.url.append(publicExponent.span, to: &json)
        json += #"","kty":"RSA","n":""#.utf8
        Base64.url.append(modulus.span, to: &json)
        json += #""}"#.utf8
        return json
    }

    /// Returns the key's JWK thumbprint with SHA-256 (RFC 7638), 32 bytes.
    ///
    /// All copies of a key have the same thumbprint.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable` when OpenSSL fails.
    public func thumbprint() throws -> [UInt8] {
        try SHA256.digest(jwkRepresentation())
    }
}

extension RSAPrivateKey {
    /// Creates an RSA private key from a JSON Web Key (RFC 7517, RFC 7518 section 6.3.2).
    ///
    /// The JWK must have `d`, and either all of `p`, `q`, `dp`, `dq` and `qi` or none of them. The caller owns `json`
    /// and must erase it.
    ///
    /// - Throws: ``KMError`` `wrongKeyKind` when `json` is a public JWK; `malformedJWK` when it is not a JWK;
    ///   `malformedKey` when its integers do not belong together; `unsupportedKey` for another key type, another size,
    ///   or more than two primes (`oth`); `limitExceeded` when it is larger than 65,536 bytes.
    public init(jwk json: Span<UInt8>) throws {
        self = try JWKMembers(json).privateKey(in: json)
    }

    /// Creates an RSA private key from a JSON Web Key in an array.
    ///
    /// ``init(jwk:)-(Span<UInt8>)`` describes the accepted members. The caller owns `json` and must erase it.
    ///
    /// - Throws: ``KMError`` `wrongKeyKind`, `malformedJWK`, `malformedKey`, `unsupportedKey` or `limitExceeded`.
    public init(jwk json: [UInt8]) throws {
        self = try RSAPrivateKey(jwk: json.span)
    }
}

/// The members of a JWK's JSON object.
///
/// The public integers `n` and `e` are decoded. Of other string values, only the range in the JSON text is kept.
private struct JWKMembers {
    private static let maximumByteCount = 64 << 10

    private var names: Set<String> = []
    private var places: [String: Range<Int>] = [:]
    private var publicIntegers: [String: [UInt8]] = [:]

    init(_ json: Span<UInt8>) throws {
        guard json.count <= Self.maximumByteCount else {
            throw KMError(.limitExceeded, "a JWK must be at most \(Self.maximumByteCount) bytes; got \(json.count)")
        }
        do {
            try read(json)
        } catch let error as KMError where error.code == .malformedJSON {
            throw KMError(.malformedJWK, "the JWK is not valid JSON: \(error.detail)")
        }
    }

    private mutating func read(_ json: Span<UInt8>) throws {
        var scanner = JSONScanner(maximumDepth: 16)
        var keyType: String?
        guard try scanner.next(in: json) == .objectStart else {
            throw KMError(.malformedJWK, "the JWK is not a JSON object")
        }
        while try scanner.next(in: json) == .name {
            guard let name = JSONString.string(json, scanner.range), names.insert(name).inserted else {
                throw KMError(.malformedJWK, "a member name is duplicated or has an unpaired surrogate")
            }
            let token = try scanner.next(in: json)
            if token == .string, !scanner.hasEscapes {
                let text = scanner.range.lowerBound + 1..<scanner.range.upperBound - 1
                places[name] = text
                if name == "n" || name == "e", let integer = Base64.url.decode(json.extracting(text)) {
                    publicIntegers[name] = integer
                }
                if name == "kty" { keyType = JSONString.string(json, scanner.range) }
            } else {
                try scanner.skipValue(in: json, startedBy: token)
            }
        }
        _ = try scanner.next(in: json)
        guard keyType != nil else { throw KMError(.malformedJWK, "kty is missing; is this a JWK?") }
        guard keyType == "RSA" else { throw KMError(.unsupportedKey, "the JWK's key type (kty) must be RSA") }
    }

    func privateKey(in json: Span<UInt8>) throws -> RSAPrivateKey {
        guard has("d") else { throw KMError(.wrongKeyKind, "expected a private JWK; got a public one") }
        guard !has("oth") else { throw KMError(.unsupportedKey, "an RSA key must have exactly two primes; got more") }
        var secrets = [try secret("d", in: json)]
        for name in ["p", "q", "dp", "dq", "qi"] where has(name) { secrets.append(try secret(name, in: json)) }
        guard secrets.count == 1 || secrets.count == 6 else {
            throw KMError(.malformedJWK, "a JWK must have all of p, q, dp, dq and qi, or none of them")
        }
        let (modulus, publicExponent) = (try integer("n"), try integer("e"))
        return try RSAPrivateKey(modulus: modulus, publicExponent: publicExponent, secrets: secrets)
    }

    /// Returns whether the JWK has a member, with any value.
    func has(_ name: String) -> Bool { names.contains(name) }

    func integer(_ name: String) throws -> [UInt8] {
        guard let bytes = publicIntegers[name] else { throw Self.missing(name) }
        return bytes
    }

    func secret(_ name: String, in json: Span<UInt8>) throws -> SecretBytes {
        guard let place = places[name] else { throw Self.missing(name) }
        let text = json.extracting(place)
        guard let bytes = try Base64.url.decodeSecret(text) else { throw Self.missing(name) }
        return bytes
    }

    private static func missing(_ name: String) -> KMError {
        KMError(.malformedJWK, "\(name) is missing or is not canonical base64url")
    }
}
