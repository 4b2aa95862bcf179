internal import Foundation

/// The processor time that this process and the server have used, in seconds.
package struct CPUSeconds: Sendable {
    package private(set) var client: Double
    package private(set) var server = 0.0

    /// Reads the times; `server` is the server's process id.
    package init(server: Int32? = nil) {
        client = Double(clock()) / Double(CLOCKS_PER_SEC)
        guard let server, let text = try? String(contentsOfFile: "/proc/\(server)/stat", encoding: .utf8) else {
            return
        }
        // The name in parentheses can have spaces; the 12th and 13th field behind it are the ticks in user and system mode.
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return }
        self.server = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    package func since(_ earlier: CPUSeconds) -> CPUSeconds {
        var difference = self
        difference.client -= earlier.client
        difference.server -= earlier.server
        return difference
    }
}
