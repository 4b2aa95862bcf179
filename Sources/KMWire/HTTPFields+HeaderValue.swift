package import HTTPTypes
package import KMPrimitives

extension HTTPFields {
    /// Returns the value of a header, or nil if the header is absent.
    ///
    /// - Throws: ``KMError`` `headerRepeated` when the header appears more than once.
    package func single(_ name: HTTPField.Name) throws -> String? {
        let values = self[values: name]
        guard values.count <= 1 else {
            throw KMError(.headerRepeated, "\(name.rawName) must appear once; found \(values.count)")
        }
        return values.first
    }

    /// Returns a header as a validated value, or nil if the header is absent.
    ///
    /// - Throws: ``KMError`` `headerRepeated`, and what the type's initializer throws.
    package func optional<Value: HeaderValue>(_ type: Value.Type) throws -> Value? {
        try single(type.headerName).map(type.init)
    }

    /// Returns a header as a validated value.
    ///
    /// - Throws: ``KMError`` `headerMissing` or `headerRepeated`, and what the type's initializer throws.
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
