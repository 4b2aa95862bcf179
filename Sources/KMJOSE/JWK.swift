internal import KMJSON
public import KMPrimitives

extension RSAPublicKey {
    /// Reads an RSA public key as a JSON Web Key (RFC 7517, RFC 7518 section 6.3.1).
    ///
    /// A private JWK is refused.
    ///
    /// - Throws: ``KMError`` `malformedJWK`, `wrongKeyKind`, `malformedKey`, `unsupportedKey`.
    public init(jwk json: [UInt8]) throws {
        let members = try JWKMembers(json.span)
        guard !members.has("d") else { throw KMError(.wrongKeyKind, "a private JWK, where a public one is due") }
        let (modulus, publicExponent) = (try members.integer("n"), try members.integer("e"))
        self = try RSAPublicKey(modulus: modulus, publicExponent: publicExponent)
    }

    /// The key as a JSON Web Key with the members that RFC 7638 needs, in its order: `e`, `kty`, `n`.
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

    /// The JWK thumbprint with SHA-256 (RFC 7638), 32 bytes: the same wherever this key is.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    public func thumbprint() throws -> [UInt8] {
        try SHA256.digest(jwkRepresentation())
    }
}

extension RSAPrivateKey {
    /// Reads an RSA private key as a JSON Web Key (RFC 7517, RFC 7518 section 6.3.2): with `d` alone or with all of
    /// `p`, `q`, `dp`, `dq`, `qi`; keys of more than two primes (`oth`) are refused.
    ///
    /// `json` stays the caller's to forget.
    ///
    /// - Throws: ``KMError`` `malformedJWK`, `wrongKeyKind` for a public JWK, `malformedKey`, `unsupportedKey`.
    public init(jwk json: Span<UInt8>) throws {
        self = try JWKMembers(json).privateKey(in: json)
    }

    /// Reads an RSA private key as a JSON Web Key; see ``init(jwk:)-(Span<UInt8>)``.
    ///
    /// - Throws: ``KMError`` as there.
    public init(jwk json: [UInt8]) throws {
        self = try RSAPrivateKey(jwk: json.span)
    }
}

/// The members of a JWK's JSON object whose values are base64url text: the public ones decoded, the others by place.
private struct JWKMembers {
    private static let maximumByteCount = 64 << 10

    private var names: Set<String> = []
    private var places: [String: Range<Int>] = [:]
    private var publicIntegers: [String: [UInt8]] = [:]

    init(_ json: Span<UInt8>) throws {
        guard json.count <= Self.maximumByteCount else {
            throw KMError(.limitExceeded, "a JWK of \(json.count) bytes; \(Self.maximumByteCount) are taken")
        }
        do {
            try read(json)
        } catch let error as KMError where error.code == .malformedJSON {
            throw KMError(.malformedJWK, "not JSON: \(error.detail)")
        }
    }

    private mutating func read(_ json: Span<UInt8>) throws {
        var scanner = JSONScanner(maximumDepth: 16)
        var keyType: String?
        guard try scanner.next(in: json) == .objectStart else { throw KMError(.malformedJWK, "not a JSON object") }
        while try scanner.next(in: json) == .name {
            guard let name = JSONString.string(json, scanner.range), names.insert(name).inserted else {
                throw KMError(.malformedJWK, "a member stands there twice, or has half a surrogate pair for a name")
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
        guard keyType == "RSA" else { throw KMError(.unsupportedKey, "a JWK of another key type than RSA") }
    }

    func privateKey(in json: Span<UInt8>) throws -> RSAPrivateKey {
        guard has("d") else { throw KMError(.wrongKeyKind, "a public JWK, where a private one is due") }
        guard !has("oth") else { throw KMError(.unsupportedKey, "an RSA key of more than two primes") }
        var secrets = [try secret("d", in: json)]
        for name in ["p", "q", "dp", "dq", "qi"] where has(name) { secrets.append(try secret(name, in: json)) }
        guard secrets.count == 1 || secrets.count == 6 else {
            throw KMError(.malformedJWK, "of p, q, dp, dq and qi all are due or none")
        }
        let (modulus, publicExponent) = (try integer("n"), try integer("e"))
        return try RSAPrivateKey(modulus: modulus, publicExponent: publicExponent, secrets: secrets)
    }

    /// Whether a member stands there, with whatever value.
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
