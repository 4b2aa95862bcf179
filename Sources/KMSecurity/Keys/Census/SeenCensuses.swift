internal import KMJSON
internal import KMPrimitives

/// The numbers of the censuses that the tool has read before, by node, in the file `FILE.seen`.
///
/// So an older census that comes back, from a backup or from an attacker, is recognised. The file has an HMAC-SHA-256
/// under a key that comes from the sealed part of the keyring file. If it is lost, the tool starts to remember anew.
struct SeenCensuses {
    let path: String
    let logKey: SecretBytes

    private static let maximumByteCount = 4 << 20

    /// - Throws: ``KMError`` `fileUnreadable`, `censusInvalid`, `malformedJSON`, `limitExceeded`.
    func read() throws -> [String: Int] {
        guard FileIdentity(path: path) != nil else { return [:] }
        let bytes = try SecretBytes(contentsOfFile: path, maximumCount: Self.maximumByteCount)
            .withBytes { [UInt8](copying: $0) }
        var reader = StrictJSONReader(bytes, code: .censusInvalid)
        var (seen, range, mac): ([String: Int], Range<Int>?, [UInt8]?) = ([:], nil, nil)
        try reader.file("the memory of earlier censuses") { reader, name in
            switch name {
            case "seen": range = try reader.object(name) { seen[$1] = try $0.integer("a number") }
            case "mac": mac = KeyringLog.digest(try reader.string(name))
            default: throw reader.unknown()
            }
        }
        guard let range, let mac, let mac = HMACSHA256.MAC(mac.span),
            try hmac().isValid(mac, for: bytes.span.extracting(range))
        else {
            throw reader.invalid(
                "\(path) was changed or belongs to another keyring file; restore it, or remove it and collect all "
                    + "censuses anew"
            )
        }
        return seen
    }

    /// - Throws: ``KMError`` `fileUnwritable`, `cryptographyUnavailable`.
    func write(_ seen: [String: Int]) throws {
        let members = seen.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \($0.value)" }
        let object = Array("{\(members.joined(separator: ", "))}".utf8)
        let mac = try hmac().authenticate(object.span).withBytes { hexadecimal([UInt8](copying: $0)) }
        let bytes = Array("{\"seen\": ".utf8) + object + Array(", \"mac\": \"\(mac)\"}\n".utf8)
        try replaceFile(bytes.span, path: path, mode: 0o600)
    }

    private func hmac() throws -> HMACSHA256 {
        try HMACSHA256(key: hkdf(logKey, info: Array("KMSecurity seen censuses, version 1".utf8), byteCount: 32))
    }
}
