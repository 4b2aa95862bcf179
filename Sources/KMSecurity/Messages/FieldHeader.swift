internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// The protected header of fields: `alg`, `enc`, `kid`, `cty`, `path` and `cid`, in this order.
///
/// What it has before the path is the same for all fields under a key, and is brought into base64url once.
struct FieldHeader: Sendable {
    static let contentType = "json"
    static let path = "path"
    static let correlationID = "cid"

    /// As many whole groups of three bytes as there are before the path, in base64url, and the bytes left over.
    private let encodedBeginning: [UInt8]
    private let restOfBeginning: [UInt8]
    private let beginningByteCount: Int

    init(encryption: ContentEncryptionAlgorithm, keyID: CryptoKeyID) {
        let header = JWEHeader(encryption: encryption, keyID: keyID.text, contentType: Self.contentType)
        let beginning = header.json.dropLast() + ",\"\(Self.path)\":".utf8
        let whole = beginning.count / 3 * 3
        let groups = Array(beginning[..<whole])
        var encoded: [UInt8] = []
        Base64.url.append(groups.span, to: &encoded)
        encodedBeginning = encoded
        restOfBeginning = Array(beginning[whole...])
        beginningByteCount = beginning.count
    }

    /// What stands behind the path.
    static func end(_ correlationID: CorrelationID?) -> [UInt8] {
        Array((correlationID.map { ",\"\(Self.correlationID)\":\"\($0.text)\"}" } ?? "}").utf8)
    }

    /// Appends the header of the field at `path`, in base64url; `rest` is memory to do it with.
    func append(path: [UInt8], end: [UInt8], using rest: inout [UInt8], to output: inout [UInt8]) throws {
        rest.removeAll(keepingCapacity: true)
        rest.reserveCapacity(path.count + end.count + 16)
        rest.append(contentsOf: restOfBeginning)
        JSONString.append(utf8: path, to: &rest)
        rest.append(contentsOf: end)
        let count = beginningByteCount - restOfBeginning.count + rest.count
        let limit = JWEPolicy.standard.maximumHeaderByteCount
        guard count <= limit else {
            throw KMError(.limitExceeded, "the path of a field makes a header of \(count) bytes; \(limit) are taken")
        }
        output.append(contentsOf: encodedBeginning)
        Base64.url.append(rest.span, to: &output)
    }

    /// About how many bytes a field takes beside a third more than its value's, for a path of ordinary length.
    func fieldByteCount(_ encryptor: JWEEncryptor) -> Int {
        encryptor.encryptedByteCount(0) + Base64.encodedCount(beginningByteCount + 128)
    }
}
