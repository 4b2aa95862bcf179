import ArgumentParser
import KMCommandLine
internal import KMDiagnosis
import KMSecurity

/// Finds out whether PARs leak their PANs.
struct PARAuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Audit PARs of any scheme: find out from pairs of PAN and PAR whether the PARs leak the PANs.",
        discussion: """
            Each line is PAN,PAR; there is no header line. A PAR can have 1 to 64 printable characters without spaces and commas. Ten pairs are \
            enough for most leaks, four are the least. The lines keep the order in which the PARs were made, so that \
            counters are found.

            The command looks for order, for copied, moved and replaced digits, for sums, XORs and affine relations of \
            numbers in base 10, 16 and 36, for equal parts and repeats, for hashes without a key, for counters, and \
            for characters that are too frequent. It fits each relation to some pairs and predicts the others. It \
            reports a relation only if unrelated PARs would hardly ever be predicted as well: at most one of 100 audits \
            of unrelated PARs reports anything. If it finds nothing, it lists what it could have found.

            The output shows at most four digits of a PAN, where the PAR has them. Memory use does not grow with the input. A line \
            with an error is left out; its number and the reason go to standard error. Exit status: 0 if nothing was \
            found, 1 if something was found or a line has an error.
            """
    )

    @Flag(help: "Write the report as one JSON object.")
    var json = false

    @OptionGroup var input: InputOptions

    func run() throws {
        Interruption.watch()
        var (audit, lines) = (PARAudit(), PairLines())
        var reader = LineReader(try input.open())
        var progress = LineProgress("pairs")
        while !Interruption.isAsked, let batch = try reader.next() {
            let faults = try lines.append(batch, to: &audit)
            if !faults.isEmpty {
                progress.clear()
                Messages.errors(faults)
            }
            progress.show(lines.count)
        }
        progress.clear()
        guard !Interruption.isAsked else { throw CancellationError() }
        if lines.faultCount > 0 {
            let (count, all) = (lines.faultCount, counted(lines.count, "line"))
            Messages.error("\(count) of \(all) \(count == 1 ? "has an error and is" : "have errors and are") left out")
        }
        let report = try audit.report()
        if json {
            try Streams.writeJSON(AuditJSON(report))
        } else {
            // One write, so that a reader that stops after a line causes no error.
            try Streams.write(Array(AuditText(report).lines.map { "\(Terminal.printable($0))\n" }.joined().utf8))
        }
        guard !report.isLeaking, lines.faultCount == 0 else { throw ExitCode.failure }
    }
}
