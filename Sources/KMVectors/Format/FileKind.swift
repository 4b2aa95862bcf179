/// Whose format a file has, by the members that tell.
enum FileKind: Decodable {
    /// The project's own, about the named operation.
    case own(operation: String)
    /// Wycheproof's, about the named algorithm.
    case wycheproof(algorithm: String)

    static let format = "kmsec-vectors-1"

    private enum CodingKeys: CodingKey {
        case format, operation, algorithm, schema, testGroups
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if container.contains(.format) {
            guard try container.decode(String.self, forKey: .format) == Self.format else {
                throw VectorFileError("format: another than \(Self.format)")
            }
            self = .own(operation: try container.decode(String.self, forKey: .operation))
        } else if container.contains(.algorithm), container.contains(.schema), container.contains(.testGroups) {
            self = .wycheproof(algorithm: try container.decode(String.self, forKey: .algorithm))
        } else {
            throw VectorFileError("neither a file of \(Self.format) nor one of Wycheproof's")
        }
    }
}
