import ArgumentParser
import KMSecurity

/// Which fields are meant.
struct FieldOptions: ParsableArguments {
    @Option(
        name: .customLong("field"),
        help: "A JSONPath of values to take one by one; may be given several times.",
        transform: JSONPath.init(_:)
    )
    var paths: [JSONPath] = []

    @Option(
        help: "With --field: the message's correlation id, which the fields are bound to.",
        transform: CorrelationID.init(_:)
    )
    var correlationID: CorrelationID?

    @Flag(help: "With --field: a path may reach nothing, or not every item of a list.")
    var allowUnmatched = false

    func validate() throws {
        guard paths.isEmpty, correlationID != nil || allowUnmatched else { return }
        throw ValidationError("--correlation-id and --allow-unmatched go with --field")
    }

    /// Field level where there are paths, else message level.
    func protection() throws -> Protection {
        guard !paths.isEmpty else { return .message }
        return .fields(try FieldSelection(paths, requiresMatches: allowUnmatched ? .nowhere : .everywhere))
    }
}
