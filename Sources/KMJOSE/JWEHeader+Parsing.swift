internal import KMJSON
internal import KMPrimitives

extension JWEHeader {
    /// The names of RFC 7515, 7516 and 7797, which no private parameter has.
    static let definedNames: Set<String> = [
        "alg", "enc", "zip", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", "epk", "apu",
        "apv", "iv", "tag", "p2s", "p2c", "b64",
    ]

    /// How many members a header may have; RFC 7516 defines thirteen.
    static let maximumMemberCount = 32

    /// Reads a protected header's JSON, and refuses what `policy` does not take.
    ///
    /// Members that are not known here are passed over, as RFC 7516 section 4 has it. Those that change what the message
    /// means are not: any `crit` (nothing that could stand in it is known here) and any `zip`.
    ///
    /// - Throws: ``KMError`` `malformedHeader` for what is no JSON object, has a member twice or one of the wrong type;
    ///   `algorithmNotAllowed`; `limitExceeded`.
    public init(parsing json: [UInt8], policy: JWEPolicy = .standard) throws {
        guard json.count <= policy.maximumHeaderByteCount else {
            throw KMError(.limitExceeded, "a header of \(json.count) bytes; \(policy.maximumHeaderByteCount) are taken")
        }
        let members = try HeaderMembers(json.span)
        if members.names.contains("crit") {
            throw KMError(.algorithmNotAllowed, "the header has crit, and no extension is understood here")
        }
        if members.names.contains("zip") {
            throw KMError(.algorithmNotAllowed, "the header asks for compression (zip)")
        }
        let algorithm = try members.requiredString("alg")
        guard let known = KeyManagementAlgorithm(rawValue: algorithm), policy.keyManagementAlgorithms.contains(known)
        else {
            throw KMError(.algorithmNotAllowed, "alg is \(Self.name(algorithm))")
        }
        let encryption = try members.requiredString("enc")
        guard let enc = ContentEncryptionAlgorithm(rawValue: encryption),
            policy.contentEncryptionAlgorithms.contains(enc)
        else {
            throw KMError(.algorithmNotAllowed, "enc is \(Self.name(encryption))")
        }
        self.init(
            algorithm: known,
            encryption: enc,
            keyID: try members.string("kid"),
            contentType: try members.string("cty"),
            privateParameters: members.privateParameters
        )
    }

    /// An algorithm's name for a message: a registered one as it is, anything else by its length, since it is input.
    private static func name(_ algorithm: String) -> String {
        registered.contains(algorithm) ? algorithm : "none of the registered ones (\(algorithm.utf8.count) bytes)"
    }

    /// The IANA registry's `alg` values for JWE and `enc` values, and `none`.
    private static let registered: Set<String> = [
        "RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512", "A128KW", "A192KW", "A256KW", "dir",
        "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW",
        "PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW", "none",
        "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM",
    ]
}

/// The members of a header's JSON object: all names, and the values that are text.
private struct HeaderMembers {
    private(set) var names: [String] = []
    private var texts: [(name: String, value: String)] = []

    init(_ json: Span<UInt8>) throws {
        do {
            try read(json)
        } catch let error as KMError where error.code == .malformedJSON {
            throw KMError(.malformedHeader, "not JSON: \(error.detail)")
        }
    }

    private mutating func read(_ json: Span<UInt8>) throws {
        var scanner = JSONScanner(maximumDepth: 16)
        guard try scanner.next(in: json) == .objectStart else { throw KMError(.malformedHeader, "not a JSON object") }
        while try scanner.next(in: json) == .name {
            guard let name = JSONString.string(json, scanner.range) else {
                throw KMError(.malformedHeader, "a member name with half a surrogate pair")
            }
            guard !names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
                throw KMError(.malformedHeader, "a member stands there twice")
            }
            guard names.count < JWEHeader.maximumMemberCount else {
                throw KMError(.limitExceeded, "a header of more than \(JWEHeader.maximumMemberCount) members")
            }
            names.append(name)
            let token = try scanner.next(in: json)
            if token == .string {
                guard let value = JSONString.string(json, scanner.range) else {
                    throw KMError(.malformedHeader, "a text with half a surrogate pair")
                }
                texts.append((name, value))
            } else {
                try scanner.skipValue(in: json, startedBy: token)
            }
        }
        _ = try scanner.next(in: json)
    }

    var privateParameters: [JWEHeader.PrivateParameter] {
        texts.filter { !JWEHeader.definedNames.contains($0.name) }.map {
            JWEHeader.PrivateParameter(name: $0.name, value: $0.value)
        }
    }

    func string(_ name: String) throws -> String? {
        guard names.contains(name) else { return nil }
        guard let value = texts.first(where: { $0.name == name })?.value else {
            throw KMError(.malformedHeader, "\(name) is not a string")
        }
        return value
    }

    func requiredString(_ name: String) throws -> String {
        guard let value = try string(name) else { throw KMError(.malformedHeader, "\(name) is missing") }
        return value
    }
}
