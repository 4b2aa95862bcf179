#if Sandbox
import KMJSON
import KMPrimitives
import KMSecurity

extension KMError.Code {
    /// The bytes are not a credentials file.
    static let malformedCredentials = Self("malformedCredentials")
}

extension CredentialsFile {
    /// Parses a credentials file.
    ///
    /// - Parameter json: One JSON object with the members of ``json``. Unknown and duplicate members are rejected.
    /// - Throws: ``KMError`` `malformedCredentials`, `malformedJSON` or `limitExceeded`. The detail names the member and
    ///   never quotes a value.
    init(parsing json: [UInt8]) throws {
        guard json.count <= Self.maximumByteCount else {
            throw KMError(
                .limitExceeded,
                "a credentials file must have at most \(Self.maximumByteCount) bytes; got \(json.count)"
            )
        }
        var reader = StrictJSONReader(json, code: .malformedCredentials, maximumDepth: 64)
        var (texts, other): ([String: String], [String: String]?) = ([:], nil)
        var parameters: [UInt8]?
        try reader.file("the credentials file") { reader, member in
            switch member {
            case "otherKey":
                var members: [String: String] = [:]
                try reader.object(member) { reader, inner in
                    guard Self.keyMembers.contains(inner) else {
                        throw Self.unknown(inner, among: Self.keyMembers, reader)
                    }
                    members[inner] = try reader.string("otherKey.\(inner)")
                }
                other = members
            case "parameters": parameters = Array(json[try reader.anyObject(member)])
            case let member where Self.members.contains(member): texts[member] = try reader.string(member)
            default: throw Self.unknown(member, among: Self.members.union(["otherKey", "parameters"]), reader)
            }
        }
        aspID = try Self.value("aspId", of: texts) { try AspID($0) }
        accessKey = try Self.value("accessKey", of: texts) { try AccessKey($0) }
        secretKey = try Self.value("secretKey", of: texts) { text in
            guard !text.isEmpty else { throw KMError(.invalidSize, "must not be empty") }
            return try SecretBytes(copying: Array(text.utf8))
        }
        key = try Self.keyPair(texts, prefix: "")
        timeZone = try Self.value("timeZone", of: texts) { try TimeZoneCode($0) }
        otherKey = try other.map { try Self.keyPair($0, prefix: "otherKey.") }
        self.parameters = parameters
        guard otherKey?.id != key.id else {
            throw KMError(
                .malformedCredentials,
                "otherKey.cryptoKeyId must differ from cryptoKeyId; give the id of the second key"
            )
        }
    }

    /// Reads a credentials file.
    ///
    /// - Throws: ``KMError`` `fileUnreadable`, and as ``init(parsing:)``, with the path.
    init(contentsOfFile path: String) throws {
        let bytes = try contents(ofFile: path)
        self = try namingFile(path) { try CredentialsFile(parsing: bytes) }
    }

    /// The file as JSON with a line feed at its end, with the secret key and the private keys.
    ///
    /// The members are `aspId`, `accessKey`, `secretKey`, `cryptoKeyId`, `serverCertificate` (PEM), `clientPrivateKey`
    /// (PEM) and `timeZone`. `otherKey` and `parameters` follow if there are any.
    ///
    /// - Throws: ``KMError`` `malformedCredentials` if the secret key is not UTF-8, which JSON cannot express;
    ///   `cryptographyUnavailable`.
    func json() throws -> [UInt8] {
        guard let secret = secretKey.withBytes({ String(validating: Array(copying: $0), as: UTF8.self) }) else {
            throw KMError(.malformedCredentials, "the secret key must be UTF-8 text, because the file is JSON")
        }
        var members = [
            ("aspId", Self.quoted(aspID.text)), ("accessKey", Self.quoted(accessKey.text)),
            ("secretKey", Self.quoted(secret)),
        ]
        members += try Self.members(of: key)
        members.append(("timeZone", Self.quoted(timeZone.text)))
        if let otherKey { members.append(("otherKey", Self.object(try Self.members(of: otherKey), indent: "  "))) }
        if let parameters { members.append(("parameters", String(decoding: parameters, as: UTF8.self))) }
        return Array((Self.object(members, indent: "") + "\n").utf8)
    }

    private static let keyMembers: Set = ["cryptoKeyId", "serverCertificate", "clientPrivateKey"]
    private static let members = keyMembers.union(["aspId", "accessKey", "secretKey", "timeZone"])
    private static let maximumByteCount = 1 << 20

    /// The error for an unknown member, which names it unless the name could be a secret in the wrong place.
    private static func unknown(_ name: String, among known: Set<String>, _ reader: StrictJSONReader) -> KMError {
        let isWord = name.utf8.count <= 24 && name.utf8.allSatisfy { $0.isLetter || $0 == UInt8(ascii: "_") }
        guard isWord else { return reader.unknown() }
        let near =
            EditDistance.nearest(to: name, among: known.sorted())
            ?? known.first { $0.lowercased() == name.lowercased() }
        let hint = near.map { "did you mean \($0)?" } ?? "remove or rename it"
        return KMError(.malformedCredentials, "there is no member \(name); \(hint)")
    }

    private static func keyPair(_ texts: [String: String], prefix: String) throws -> KeyPair {
        KeyPair(
            id: try value("cryptoKeyId", of: texts, prefix) { try CryptoKeyID($0) },
            serverCertificate: try value("serverCertificate", of: texts, prefix) {
                try Certificate(parsing: Array($0.utf8))
            },
            clientPrivateKey: try value("clientPrivateKey", of: texts, prefix) {
                try RSAPrivateKey(parsing: Array($0.utf8))
            }
        )
    }

    /// Returns a member's value, with errors that name the member.
    private static func value<Value>(
        _ name: String,
        of texts: [String: String],
        _ prefix: String = "",
        _ parse: (String) throws -> Value
    ) throws -> Value {
        guard let text = texts[name] else {
            throw KMError(.malformedCredentials, "\(prefix)\(name) is missing; add it")
        }
        do {
            return try parse(text)
        } catch let error as KMError {
            let detail = error.detail.isEmpty ? error.code.description : error.detail
            throw KMError(.malformedCredentials, "\(prefix)\(name): \(detail)")
        }
    }

    private static func members(of key: KeyPair) throws -> [(String, String)] {
        let certificate = try key.serverCertificate.pemRepresentation()
        let privateKey = try key.clientPrivateKey.insecurePKCS8PEM().withBytes { Array(copying: $0) }
        return [
            ("cryptoKeyId", quoted(key.id.text)),
            ("serverCertificate", quoted(String(decoding: certificate, as: UTF8.self))),
            ("clientPrivateKey", quoted(String(decoding: privateKey, as: UTF8.self))),
        ]
    }

    private static func object(_ members: [(String, String)], indent: String) -> String {
        let lines = members.map { "\(indent)  \(quoted($0.0)): \($0.1)" }
        return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
    }

    private static func quoted(_ text: String) -> String {
        var json: [UInt8] = []
        JSONString.append(text, to: &json)
        return String(decoding: json, as: UTF8.self)
    }
}
#endif
