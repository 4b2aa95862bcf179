package import Foundation
internal import KMJSON
package import KMPrimitives
internal import KMWire

/// What a node writes beside its keyring file: the generation that it has loaded, and its uses of the keys.
///
/// The file is one JSON object. The member `mac` is the HMAC-SHA-256 of the bytes of the value of `census`, under a key
/// that comes from the sealed part of the keyring file. So only a process with the passphrase can write one.
package struct CensusFile: Sendable {
    /// A generation, and when the node loaded it.
    struct Load: Sendable, Equatable {
        let generation: Int
        let date: Date
    }

    package let node: String
    /// A number that grows with each version of the file.
    var sequence: Int
    /// The generations that the node loaded, oldest first; the last one is in use.
    var loads: [Load]
    /// The time since which no use was missed.
    package var since: Date
    /// The time up to which uses are counted.
    package var writtenAt: Date
    /// Whether the process ended after it wrote the file, and used no key in between.
    package var hasEnded: Bool
    package var uses: [KeyUse]

    /// The generation in use.
    package var generation: Int { loads.last?.generation ?? 0 }

    /// The largest accepted file, in bytes.
    static let maximumByteCount = 8 << 20
    /// The largest number of uses: those that are counted apart, and four for each key with all other peers.
    private static let maximumUseCount = KeyCensus.maximumUseCount + 4 * KeyringFile.maximumCount
    /// The largest number of loads that are kept.
    static let maximumLoadCount = 64

    /// Returns the path of a node's census, beside its keyring file or in another directory.
    package static func path(keyring: String, node: String, directory other: String? = nil) -> String {
        let folder = directory(of: keyring)
        let name = keyring.dropFirst(folder.count)
        return "\(other.map { "\($0)/" } ?? folder)\(name).\(node).census"
    }

    /// Returns when the node had loaded a generation or a later one; nil if it has not.
    func acknowledged(_ generation: Int) -> Date? { loads.first { $0.generation >= generation }?.date }

    // MARK: Encoding

    /// Returns the bytes of the file.
    ///
    /// - Parameter logKey: The key of the log in the sealed part.
    /// - Returns: The bytes.
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    func encoded(_ logKey: SecretBytes) throws -> [UInt8] {
        let loads = loads.suffix(Self.maximumLoadCount).map {
            "{\"generation\": \($0.generation), \"at\": \(quoted(KeyringTime.text($0.date, .up)))}"
        }
        let uses = uses.map { use in
            "\n      {\"key\": \(quoted(use.keyID.text)), \"direction\": \(quoted(use.direction.rawValue)), "
                + "\"peer\": \(quoted(use.peer)), \"accepted\": \(use.acceptedCount), "
                + "\"rejected\": \(use.rejectedCount), \"first\": \(quoted(KeyringTime.text(use.firstUse, .down))), "
                + "\"last\": \(quoted(KeyringTime.text(use.lastUse, .up)))}"
        }
        let members = [
            ("node", quoted(node)), ("sequence", "\(sequence)"), ("since", quoted(KeyringTime.text(since, .up))),
            ("writtenAt", quoted(KeyringTime.text(writtenAt, .down))), ("hasEnded", "\(hasEnded)"),
            ("loads", "[\(loads.joined(separator: ", "))]"),
            ("uses", "[\(uses.joined(separator: ","))\(uses.isEmpty ? "" : "\n    ")]"),
        ]
        let census = Array(("{" + members.map { "\n    \"\($0)\": \($1)" }.joined(separator: ",") + "\n  }").utf8)
        return try Self.sealed(census, logKey)
    }

    /// Returns a file with a value of `census` and its MAC.
    ///
    /// - Throws: ``KMError`` `cryptographyUnavailable`.
    package static func sealed(_ census: [UInt8], _ logKey: SecretBytes) throws -> [UInt8] {
        let mac = try hmac(logKey).authenticate(census.span).withBytes { hexadecimal([UInt8](copying: $0)) }
        return Array("{\n  \"version\": 1,\n  \"census\": ".utf8) + census + Array(",\n  \"mac\": \"\(mac)\"\n}\n".utf8)
    }

    // MARK: Decoding

    /// Opens a file.
    ///
    /// - Throws: ``KMError`` `censusInvalid`, `malformedJSON` or `limitExceeded`.
    init(_ bytes: [UInt8], _ logKey: SecretBytes) throws {
        guard bytes.count <= Self.maximumByteCount else {
            throw KMError(.limitExceeded, "a census must be at most \(Self.maximumByteCount) bytes")
        }
        var reader = StrictJSONReader(bytes, code: .censusInvalid)
        var (version, census, mac): (Int?, (Members, Range<Int>)?, [UInt8]?) = (nil, nil, nil)
        try reader.file("a census") { reader, name in
            switch name {
            case "version":
                version = try reader.integer(name)
                guard version == 1 else { throw reader.invalid("this program reads censuses of version 1") }
            case "census":
                var members = Members()
                let range = try reader.object(name) { try members.read(&$0, $1) }
                census = (members, range)
            case "mac": mac = KeyringLog.digest(try reader.string(name))
            default: throw reader.unknown()
            }
        }
        _ = try reader.required(version, "version")
        let (members, range) = try reader.required(census, "census")
        guard let bytesOfMAC = mac, let mac = HMACSHA256.MAC(bytesOfMAC.span),
            try Self.hmac(logKey).isValid(mac, for: bytes.span.extracting(range))
        else {
            throw reader.invalid("the census was changed or damaged, or belongs to another keyring file")
        }
        self.init(
            node: try reader.required(members.node, "node"),
            sequence: try reader.required(members.sequence, "sequence"),
            loads: try reader.required(members.loads, "loads"),
            since: try reader.required(members.since, "since"),
            writtenAt: try reader.required(members.writtenAt, "writtenAt"),
            hasEnded: try reader.required(members.hasEnded, "hasEnded"),
            uses: try reader.required(members.uses, "uses")
        )
    }

    init(node: String, sequence: Int, loads: [Load], since: Date, writtenAt: Date, hasEnded: Bool, uses: [KeyUse]) {
        self.node = node
        self.sequence = sequence
        self.loads = loads
        self.since = since
        self.writtenAt = writtenAt
        self.hasEnded = hasEnded
        self.uses = uses
    }

    private struct Members {
        var node: String?
        var sequence: Int?
        var loads: [Load]?
        var since: Date?
        var writtenAt: Date?
        var hasEnded: Bool?
        var uses: [KeyUse]?

        mutating func read(_ reader: inout StrictJSONReader, _ name: String) throws {
            switch name {
            case "node": node = try reader.string(name)
            case "sequence": sequence = try reader.integer(name)
            case "since": since = try KeyringParser.time(&reader, name)
            case "writtenAt": writtenAt = try KeyringParser.time(&reader, name)
            case "hasEnded": hasEnded = try reader.boolean(name)
            case "loads":
                loads = try reader.objects(name, maximumCount: CensusFile.maximumLoadCount) { reader in
                    var (generation, date): (Int?, Date?) = (nil, nil)
                    try reader.members { reader, name in
                        switch name {
                        case "generation": generation = try reader.integer(name)
                        case "at": date = try KeyringParser.time(&reader, name)
                        default: throw reader.unknown()
                        }
                    }
                    return Load(
                        generation: try reader.required(generation, "generation"),
                        date: try reader.required(date, "at")
                    )
                }
            case "uses": uses = try reader.objects(name, maximumCount: CensusFile.maximumUseCount, Self.use)
            default: throw reader.unknown()
            }
        }

        private static func use(_ reader: inout StrictJSONReader) throws -> KeyUse {
            var (keyID, direction, peer): (CryptoKeyID?, KeyUse.Direction?, String?) = (nil, nil, nil)
            var (accepted, rejected, first, last): (Int?, Int?, Date?, Date?) = (nil, nil, nil, nil)
            try reader.members { reader, name in
                switch name {
                case "key": keyID = try KeyringParser.id(&reader, name)
                case "direction": direction = try KeyringParser.enumeration(&reader, name)
                case "peer": peer = try reader.string(name)
                case "accepted": accepted = try reader.integer(name)
                case "rejected": rejected = try reader.integer(name)
                case "first": first = try KeyringParser.time(&reader, name)
                case "last": last = try KeyringParser.time(&reader, name)
                default: throw reader.unknown()
                }
            }
            guard accepted ?? 0 >= 0, rejected ?? 0 >= 0 else { throw reader.invalid("a count must be 0 or more") }
            return KeyUse(
                keyID: try reader.required(keyID, "key"),
                direction: try reader.required(direction, "direction"),
                peer: try reader.required(peer, "peer"),
                acceptedCount: try reader.required(accepted, "accepted"),
                rejectedCount: try reader.required(rejected, "rejected"),
                firstUse: try reader.required(first, "first"),
                lastUse: try reader.required(last, "last")
            )
        }
    }

    private static func hmac(_ logKey: SecretBytes) throws -> HMACSHA256 {
        try HMACSHA256(key: hkdf(logKey, info: Array("KMSecurity census, version 1".utf8), byteCount: 32))
    }
}

extension KMError.Code {
    /// The census of a node is malformed, was changed, or belongs to another keyring file.
    public static let censusInvalid = Self("censusInvalid")
}
