internal import KMJSON
internal import KMPrimitives

extension JWEHeader {
    /// The parameter names that RFC 7515, 7516, 7518 and 7797 define, which a private parameter cannot have.
    static let definedNames: Set<String> = [
        "alg", "enc", "zip", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit", "epk", "apu",
        "apv", "iv", "tag", "p2s", "p2c", "b64",
    ]

    /// The largest accepted number of header members; RFC 7516 defines thirteen.
    static let maximumMemberCount = 32

    /// Parses a protected header's JSON and checks it against a policy.
    ///
    /// Unknown members are ignored, as RFC 7516 section 4 requires. A header with `zip` or `crit` is rejected, because
    /// these change the meaning of the message and this package supports no extensions.
    ///
    /// - Throws: ``KMError`` `malformedHeader` when `json` is not a JSON object, has a duplicate or missing member, or
    ///   a member of the wrong type; `algorithmNotAllowed` for `zip`, `crit`, or an algorithm that `policy` does not
    ///   accept; `limitExceeded` when the header is larger than `policy` allows or has more than 32 members.
    public init(parsing json: [UInt8], policy: JWEPolicy = .standard) throws {
        guard json.count <= policy.maximumHeaderByteCount else {
            throw KMError(
                .limitExceeded,
                "the header must be at most \(policy.maximumHeaderByteCount) bytes; got \(json.count)"
            )
        }
        let members = try HeaderMembers(json.span)
        if members.names.contains("crit") {
            throw KMError(.algorithmNotAllowed, "the header has crit, but no extensions are supported")
        }
        if members.names.contains("zip") {
            throw KMError(.algorithmNotAllowed, "the header has zip, but compression is not supported")
        }
        let algorithm = try members.requiredString("alg")
        guard let known = KeyManagementAlgorithm(rawValue: algorithm), policy.keyManagementAlgorithms.contains(known)
        else {
            throw Self.notAllowed("alg", algorithm, policy.keyManagementAlgorithms.map(\.rawValue))
        }
        let encryption = try members.requiredString("enc")
        guard let enc = ContentEncryptionAlgorithm(rawValue: encryption),
            policy.contentEncryptionAlgorithms.contains(enc)
        else {
            throw Self.notAllowed("enc", encryption, policy.contentEncryptionAlgorithms.map(\.rawValue))
        }
        self.init(
            algorithm: known,
            encryption: enc,
            keyID: try members.string("kid"),
            contentType: try members.string("cty"),
            privateParameters: members.privateParameters
        )
    }

    /// Creates the error for an algorithm that the policy does not accept.
    ///
    /// The detail contains the algorithm's name only if it is registered, because the name is input.
    private static func notAllowed(_ parameter: String, _ found: String, _ accepted: [String]) -> KMError {
        let name = registered.contains(found) ? found : "an unregistered name of \(found.utf8.count) bytes"
        let names = accepted.sorted().joined(separator: " or ")
        return KMError(.algorithmNotAllowed, "\(parameter) must be \(names); got \(name)")
    }

    /// The `alg` values for JWE and the `enc` values in the IANA registry, and `none`.
    private static let registered: Set<String> = [
        "RSA1_5", "RSA-OAEP", "RSA-OAEP-256", "RSA-OAEP-384", "RSA-OAEP-512", "A128KW", "A192KW", "A256KW", "dir",
        "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A192KW", "ECDH-ES+A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW",
        "PBES2-HS256+A128KW", "PBES2-HS384+A192KW", "PBES2-HS512+A256KW", "none",
        "A128CBC-HS256", "A192CBC-HS384", "A256CBC-HS512", "A128GCM", "A192GCM", "A256GCM",
    ]
}

/// The names of all members of a header's JSON object, and the values that are strings.
private struct HeaderMembers {
    private(set) var names: [String] = []
    private var texts: [(name: String, value: String)] = []

    init(_ json: Span<UInt8>) throws {
        do {
            try read(json)
        } catch let error as KMError where error.code == .malformedJSON {
            throw KMError(.malformedHeader, "the header is not valid JSON: \(error.detail)")
        }
    }

    private mutating func read(_ json: Span<UInt8>) throws {
        var scanner = JSONScanner(maximumDepth: 16)
        guard try scanner.next(in: json) == .objectStart else {
            throw KMError(.malformedHeader, "the header is not a JSON object")
        }
        while try scanner.next(in: json) == .name {
            guard let name = JSONString.string(json, scanner.range) else {
                throw KMError(.malformedHeader, "a member name has an unpaired surrogate")
            }
            guard !names.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else {
                throw KMError(.malformedHeader, "the header has a duplicate member")
            }
            guard names.count < JWEHeader.maximumMemberCount else {
                throw KMError(.limitExceeded, "the header must have at most \(JWEHeader.maximumMemberCount) members")
            }
            names.append(name)
            let token = try scanner.next(in: json)
            if token == .string {
                guard let value = JSONString.string(json, scanner.range) else {
                    throw KMError(.malformedHeader, "a string has an unpaired surrogate")
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
            throw KMError(.malformedHeader, "\(name) must be a string")
        }
        return value
    }

    func requiredString(_ name: String) throws -> String {
        guard let value = try string(name) else { throw KMError(.malformedHeader, "\(name) is missing") }
        return value
    }
}
