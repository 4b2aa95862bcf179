package import HTTPTypes
package import KMPrimitives

extension HTTPFields {
    /// The one value of a header, or nil where it does not stand there.
    package func single(_ name: HTTPField.Name) throws -> String? {
        let values = self[values: name]
        guard values.count <= 1 else {
            throw KMError(.headerRepeated, "\(name.rawName) stands there \(values.count) times")
        }
        return values.first
    }

    /// The header of a type, checked, or nil where it does not stand there.
    package func optional<Value: HeaderValue>(_ type: Value.Type) throws -> Value? {
        try single(type.headerName).map(type.init)
    }

    /// The header of a type, checked.
    package func required<Value: HeaderValue>(_ type: Value.Type) throws -> Value {
        guard let value = try optional(type) else { throw Self.missing(type.headerName) }
        return value
    }

    package static func missing(_ name: HTTPField.Name) -> KMError {
        KMError(.headerMissing, "\(name.rawName) is missing")
    }

    mutating func set<Value: HeaderValue>(_ value: Value) {
        self[Value.headerName] = value.text
    }
}
