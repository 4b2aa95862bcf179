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
            \(DemoParties.requestParameters.count) bytes (three fields at field level), tokens over 600 bytes, a document \
            of a megabyte. The loop has every key, algorithm and context prepared; field level is measured beside message \
            level, and what the data-key cache saves beside decryption without it. What is measured and what it is \
            measured against run by turns. Use a release build: swift run -c release kmsec speed.
            """
    )

    @Flag(help: "Write JSON.")
    var json = false

    @Option(help: "How many seconds each operation takes.")
    var seconds = 3.0

    @Option(help: ArgumentHelp("How many bytes of parameters there are, at least.", valueName: "count"))
    var bytes = DemoParties.requestParameters.count

    @Option(
        help: ArgumentHelp(
            "How many threads run an operation at once; with 2 or more it is measured beside itself by one.",
            valueName: "count"
        )
    )
    var threads = 1

    @Argument(
        help: ArgumentHelp("The operations (default: all).", valueName: "operation"),
        completion: .list(SpeedOperations.names)
    )
    var operations: [String] = []

    func validate() throws {
        guard seconds > 0, seconds <= 3600 else { throw ValidationError("--seconds takes more than 0, to 3600") }
        guard (0...32 << 20).contains(bytes) else { throw ValidationError("--bytes takes 0 to 33554432") }
        guard (1...256).contains(threads) else { throw ValidationError("--threads takes 1 to 256") }
        if let unknown = operations.first(where: { !SpeedOperations.names.contains($0) }) {
            throw ValidationError("no operation \(unknown); there are \(SpeedOperations.names.joined(separator: ", "))")
        }
    }

    func run() throws {
        #if DEBUG
            Messages.warning("this is a debug build; its figures say nothing")
        #endif
        let prepared = try SpeedOperations(byteCount: bytes)
        var measurements: [SpeedMeasurement] = []
        if !json {
            try Streams.writeLine(Version.openSSL)
            try Streams.writeLine(row("operation", "us/call", "beside us", "ratio", "quartiles", "beside"))
        }
        for name in operations.isEmpty ? SpeedOperations.names : operations {
            let operation = try prepared.operation(name)
            let result = try SpeedMeasurement(
                threads == 1 ? operation : operation.threaded(threads),
                seconds: seconds
            )
            measurements.append(result)
            guard !json else { continue }
            let rate = result.megabytesPerSecond.map { ", \(fixed($0, 0)) MB/s" } ?? ""
            try Streams.writeLine(
                row(
                    name,
                    fixed(result.microseconds, 3),
                    fixed(result.referenceMicroseconds, 3),
                    fixed(result.ratio, 4),
                    result.ratioQuartiles.map { fixed($0, 4) }.joined(separator: "-"),
                    result.reference.rawValue + rate
                )
            )
        }
        if json { try Streams.writeJSON(measurements) }
    }

    private func row(_ columns: String...) -> String {
        zip(columns, [25, 12, 12, 9, 16, 0]).map { Terminal.padded($0, to: $1) }.joined()
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        value.formatted(.number.precision(.fractionLength(digits)).grouping(.never))
    }
}
