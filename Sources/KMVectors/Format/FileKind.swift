/// The format of a vector file, recognized by its members.
package enum FileKind: Decodable {
    /// The project's own format, with the name of the operation.
    case own(operation: String)
    /// Wycheproof's format, with the name of the algorithm.
    case wycheproof(algorithm: String)

    /// The value of the member `format` in the project's own format.
    package static let format = "kmsec-vectors-1"

    private enum CodingKeys: CodingKey {
        case format, operation, algorithm, schema, testGroups
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if container.contains(.format) {
            guard try container.decode(String.self, forKey: .format) == Self.format else {
                throw VectorFileError("format: unknown; expected \(Self.format)")
            }
            self = .own(operation: try container.decode(String.self, forKey: .operation))
        } else if container.contains(.algorithm), container.contains(.schema), container.contains(.testGroups) {
            self = .wycheproof(algorithm: try container.decode(String.self, forKey: .algorithm))
        } else {
            throw VectorFileError("unknown file format; expected \(Self.format) or Wycheproof's")
        }
    }
}
