internal import Foundation
internal import KMJOSE
internal import KMJSON
internal import KMPrimitives
internal import KMWire

/// Parses the JSON of a keyring file.
///
/// Nothing of the result is authenticated yet.
enum KeyringParser {
    struct Parsed {
        var file: KeyringFile
        let parameters: KeyringProtection.Parameters
        let log: KeyringLog.End
        /// The indices of the keys whose private key is in the sealed part.
        let sealedKeys: [Int]
        let sealed: [UInt8]
        /// The range of the value of `keyring`, which the tag covers.
        let metadataRange: Range<Int>
    }

    private struct Metadata {
        var role: KeyringFile.Role?
        var generation: Int?
        var parameters: KeyringProtection.Parameters?
        var log: KeyringLog.End?
        var nodes: [String]?
        var soakSeconds: Int?
        var primaryID: CryptoKeyID?
        var keys: [(key: KeyringFile.Key, isSealed: Bool)]?
    }

    static func parse(_ json: [UInt8]) throws -> Parsed {
        var reader = StrictJSONReader(json, code: .keyringFileInvalid)
        var (version, metadata, sealed): (Int?, (value: Metadata, range: Range<Int>)?, [UInt8]?) = (nil, nil, nil)
        try reader.file("a keyring file") { reader, name in
            switch name {
            case "version":
                version = try reader.integer(name)
                guard version == 1 else {
                    throw reader.invalid("the file has version \(version ?? 0), and this program reads version 1")
                }
            case "keyring":
                var value = Metadata()
                let range = try reader.object(name) { try member(&$0, $1, &value) }
                metadata = (value, range)
            case "sealed": sealed = try base64(&reader, name)
            default: throw reader.unknown()
            }
        }
        _ = try reader.required(version, "version")
        let (value, range) = try reader.required(metadata, "keyring")
        let keys = try reader.required(value.keys, "keys")
        return Parsed(
            file: KeyringFile(
                role: try reader.required(value.role, "role"),
                generation: try reader.required(value.generation, "generation"),
                keys: keys.map(\.key),
                primaryID: value.primaryID,
                nodes: try reader.required(value.nodes, "nodes"),
                soakSeconds: try reader.required(value.soakSeconds, "soakSeconds")
            ),
            parameters: try reader.required(value.parameters, "scrypt"),
            log: try reader.required(value.log, "log"),
            sealedKeys: keys.indices.filter { keys[$0].isSealed },
            sealed: try reader.required(sealed, "sealed"),
            metadataRange: range
        )
    }

    private static func member(_ reader: inout StrictJSONReader, _ name: String, _ value: inout Metadata) throws {
        switch name {
        case "role": value.role = try enumeration(&reader, name)
        case "generation": value.generation = try reader.integer(name)
        case "scrypt": value.parameters = try scrypt(&reader, name)
        case "log": value.log = try log(&reader, name)
        case "nodes": value.nodes = try reader.strings(name, maximumCount: 10_000)
        case "soakSeconds": value.soakSeconds = try reader.integer(name)
        case "primary": value.primaryID = try id(&reader, name)
        case "keys": value.keys = try reader.objects(name, maximumCount: KeyringFile.maximumCount, key)
        default: throw reader.unknown()
        }
    }

    private static func scrypt(
        _ reader: inout StrictJSONReader,
        _ name: String
    ) throws -> KeyringProtection.Parameters {
        var (n, r, p, salts): (Int?, Int?, Int?, [[UInt8]]?) = (nil, nil, nil, nil)
        try reader.object(name) { reader, name in
            switch name {
            case "n": n = try reader.integer(name)
            case "r": r = try reader.integer(name)
            case "p": p = try reader.integer(name)
            case "salts":
                let texts = try reader.strings(name, maximumCount: 2)
                salts = try texts.map { text in
                    guard let salt = decoded(text), salt.count == 16 else {
                        throw reader.invalid("a salt must be 16 bytes in base64url")
                    }
                    return salt
                }
            default: throw reader.unknown()
            }
        }
        let cost = try ScryptCost(
            n: reader.required(n, "n"),
            r: reader.required(r, "r"),
            p: reader.required(p, "p")
        )
        let all = try reader.required(salts, "salts")
        guard !all.isEmpty else { throw reader.invalid("salts must have one or two items") }
        return KeyringProtection.Parameters(cost: cost, salts: all)
    }

    private static func log(_ reader: inout StrictJSONReader, _ name: String) throws -> KeyringLog.End {
        var (lines, bytes, digest): (Int?, Int?, [UInt8]?) = (nil, nil, nil)
        try reader.object(name) { reader, name in
            switch name {
            case "lines": lines = try reader.integer(name)
            case "bytes": bytes = try reader.integer(name)
            case "sha256":
                guard let value = KeyringLog.digest(try reader.string(name)) else {
                    throw reader.invalid("sha256 must be 64 hexadecimal digits in lower case")
                }
                digest = value
            default: throw reader.unknown()
            }
        }
        let end = KeyringLog.End(
            lineCount: try reader.required(lines, "lines"),
            byteCount: try reader.required(bytes, "bytes"),
            digest: try reader.required(digest, "sha256")
        )
        guard end.lineCount >= 0, end.byteCount >= 0 else { throw reader.invalid("log has negative numbers") }
        return end
    }

    private static func key(_ reader: inout StrictJSONReader) throws -> (key: KeyringFile.Key, isSealed: Bool) {
        var (id, state, issuedAt, changedAt): (CryptoKeyID?, KeyringFile.State?, Date?, Date?) = (nil, nil, nil, nil)
        var (changedIn, peer, peerRecordedAt): (Int?, KeyringFile.PeerState?, Date?) = (nil, nil, nil)
        var (certificate, isSealed): (Certificate?, Bool) = (nil, false)
        var (privateKeyFile, privateKeyURI): (String?, String?) = (nil, nil)
        try reader.members { reader, name in
            switch name {
            case "id": id = try Self.id(&reader, name)
            case "state": state = try enumeration(&reader, name)
            case "issuedAt": issuedAt = try time(&reader, name)
            case "changedAt": changedAt = try time(&reader, name)
            case "changedIn": changedIn = try reader.integer(name)
            case "peer": peer = try enumeration(&reader, name)
            case "peerRecordedAt": peerRecordedAt = try time(&reader, name)
            case "certificate": certificate = try Certificate(parsing: base64(&reader, name))
            case "privateKey":
                guard try reader.string(name) == "sealed" else { throw reader.invalid("privateKey must be sealed") }
                isSealed = true
            case "privateKeyFile": privateKeyFile = try reader.string(name)
            case "privateKeyURI": privateKeyURI = try reader.string(name)
            default: throw reader.unknown()
            }
        }
        guard [isSealed, privateKeyFile != nil, privateKeyURI != nil].count(where: { $0 }) <= 1 else {
            throw reader.invalid("a key has more than one of privateKey, privateKeyFile and privateKeyURI")
        }
        guard (peer == nil) == (peerRecordedAt == nil) else {
            throw reader.invalid("a key has only one of peer and peerRecordedAt")
        }
        var said: (KeyringFile.PeerState, Date)?
        if let peer, let peerRecordedAt { said = (peer, peerRecordedAt) }
        let found = KeyringFile.Key(
            id: try reader.required(id, "id"),
            state: try reader.required(state, "state"),
            issuedAt: try reader.required(issuedAt, "issuedAt"),
            changedAt: try reader.required(changedAt, "changedAt"),
            changedIn: try reader.required(changedIn, "changedIn"),
            peer: said,
            certificate: certificate,
            privateKey: privateKeyFile.map { .file($0) } ?? privateKeyURI.map { .uri($0) }
        )
        return (found, isSealed)
    }

    // MARK: Values

    static func id(_ reader: inout StrictJSONReader, _ name: String) throws -> CryptoKeyID {
        do {
            return try CryptoKeyID(reader.string(name))
        } catch let error as KMError where error.code == .headerInvalid {
            throw reader.invalid("\(name) must be a crypto key id: 32 letters, digits, - and _")
        }
    }

    static func enumeration<Value: RawRepresentable<String> & CaseIterable>(
        _ reader: inout StrictJSONReader,
        _ name: String
    ) throws -> Value {
        guard let value = Value(rawValue: try reader.string(name)) else {
            throw reader.invalid("\(name) must be one of: \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return value
    }

    static func time(_ reader: inout StrictJSONReader, _ name: String) throws -> Date {
        guard let date = KeyringTime.date(try reader.string(name)) else {
            throw reader.invalid("\(name) must be a time in UTC, such as 2026-11-25T03:00:00Z")
        }
        return date
    }

    private static func base64(_ reader: inout StrictJSONReader, _ name: String) throws -> [UInt8] {
        guard let bytes = decoded(try reader.string(name)) else { throw reader.invalid("\(name) must be base64url") }
        return bytes
    }

    private static func decoded(_ text: String) -> [UInt8]? { Base64.url.decode(Array(text.utf8).span) }
}
