import ArgumentParser
import Foundation
import KMSecurity

/// Measures.
struct SpeedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed",
        abstract: "Measure each operation beside the same work as a bare OpenSSL loop.",
        discussion: """
            Operations: \(SpeedOperations.names.joined(separator: ", ")). RSA 2048, A256GCM, parameters of \
            \(DemoParties.requestParameters.count) bytes, tokens over 600 bytes. The loop has every key, algorithm and \
            context prepared; both run by turns. Use a release build: swift run -c release kmsec speed.
            """
    )

    @Flag(help: "Write JSON.")
    var json = false

    @Option(help: "How many seconds each operation takes.")
    var seconds = 3.0

    @Argument(help: "The operations (default: all).")
    var operations: [String] = []

    func validate() throws {
        guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds takes more than 0, to 3600") }
        if let unknown = operations.first(where: { !SpeedOperations.names.contains($0) }) {
            throw ValidationError("no operation \(unknown); there are \(SpeedOperations.names.joined(separator: ", "))")
        }
    }

    func run() throws {
        #if DEBUG
            Messages.warning("this is a debug build; its figures say nothing")
        #endif
        let prepared = try SpeedOperations()
        var measurements: [SpeedMeasurement] = []
        if !json {
            try Streams.writeLine(
                "\(Version.openSSL)\n\(row("operation", "us/call", "floor us", "ratio", "quartiles"))"
            )
        }
        for name in operations.isEmpty ? SpeedOperations.names : operations {
            let result = try prepared.measure(name, seconds: seconds)
            measurements.append(result)
            if json { continue }
            let quartiles = result.ratioQuartiles.map { fixed($0, 3) }.joined(separator: " to ")
            try Streams.writeLine(
                row(
                    name,
                    fixed(result.microseconds, 3),
                    fixed(result.floorMicroseconds, 3),
                    fixed(result.ratio, 3),
                    quartiles
                )
            )
        }
        if json { try Streams.writeJSON(measurements) }
    }

    private func row(_ name: String, _ columns: String...) -> String {
        columns.reduce(Terminal.padded(name, to: 24)) { $0 + Terminal.padded($1, to: 12) }
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        value.formatted(.number.precision(.fractionLength(digits)).grouping(.never))
    }
}
