internal import KMJOSE
internal import KMJSON
internal import KMPrimitives

/// The protected header of fields: `alg`, `enc`, `kid`, `cty`, `path` and `cid`, in this order.
///
/// The part before the path is the same for all fields under a key, and is encoded as base64url once.
///
/// A class, so that a copy is one reference.
package final class FieldHeader: Sendable {
    package static let contentType = "json"
    package static let path = "path"
    package static let correlationID = "cid"

    /// The header without its private parameters.
    let header: JWEHeader
    /// The part before the path as base64url, without the bytes at its end that do not fill a group of three.
    private let encodedBeginning: [UInt8]
    /// The 0 to 2 bytes that are not in `encodedBeginning`.
    private let restOfBeginning: [UInt8]
    private let beginningByteCount: Int

    init(encryption: ContentEncryptionAlgorithm, keyID: CryptoKeyID) {
        header = JWEHeader(encryption: encryption, keyID: keyID.text, contentType: Self.contentType)
        let beginning = header.json.dropLast() + ",\"\(Self.path)\":".utf8
        let whole = beginning.count / 3 * 3
        let groups = Array(beginning[..<whole])
        var encoded: [UInt8] = []
        Base64.url.append(groups.span, to: &encoded)
        encodedBeginning = encoded
        restOfBeginning = Array(beginning[whole...])
        beginningByteCount = beginning.count
    }

    /// Returns the part after the path, which is the same for all fields of a message.
    static func end(_ correlationID: CorrelationID?) -> [UInt8] {
        Array((correlationID.map { ",\"\(Self.correlationID)\":\"\($0.text)\"}" } ?? "}").utf8)
    }

    /// Appends the header of a field as base64url.
    ///
    /// - Parameters:
    ///   - path: The normalized path of the field.
    ///   - end: The part after the path, from ``end(_:)``.
    ///   - rest: A buffer to use again for the next field.
    ///   - output: The bytes to append to.
    /// - Throws: ``KMError`` `limitExceeded` if the header would be too large.
    func append(path: [UInt8], end: [UInt8], using rest: inout [UInt8], to output: inout [UInt8]) throws {
        rest.removeAll(keepingCapacity: true)
        rest.reserveCapacity(path.count + end.count + 16)
        let (encoded, unencoded) = (encodedBeginning, restOfBeginning)
        rest.append(copying: unencoded.span)
        JSONString.append(utf8: path, to: &rest)
        rest.append(copying: end.span)
        let count = beginningByteCount - restOfBeginning.count + rest.count
        let limit = JWEPolicy.standard.maximumHeaderByteCount
        guard count <= limit else {
            throw KMError(
                .limitExceeded,
                "the JWE header of a field must have at most \(limit) bytes; a long path makes it \(count) bytes"
            )
        }
        output.append(copying: encoded.span)
        Base64.url.append(rest.span, to: &output)
    }
}
