public import ArgumentParser
public import KMSecurity

extension WireProfile: ExpressibleByArgument {
    /// Finds a profile by its name.
    public init?(argument: String) {
        guard let profile = WireProfile.all.first(where: { $0.name == argument }) else { return nil }
        self = profile
    }

    /// The profile's name.
    public var defaultValueDescription: String { name }

    /// The names of all.
    public static var allValueStrings: [String] { all.map(\.name) }
}

extension ContentEncryptionAlgorithm: ExpressibleByArgument {}

/// A header's type as an option's, with its own reason when the value is refused.
struct HeaderArgument<Value: HeaderValue>: ExpressibleByArgument {
    let value: Value

    init(_ value: Value) {
        self.value = value
    }

    init?(argument: String) {
        guard let value = try? Value(argument) else { return nil }
        self.value = value
    }

    var defaultValueDescription: String { value.text }
}
