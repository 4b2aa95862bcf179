package import Logging
internal import Synchronization

/// A log that keeps its records at every level.
package final class CapturedLog: Sendable {
    package struct Record: Sendable {
        package let level: Logger.Level
        package let metadata: Logger.Metadata
        /// The level, message, metadata and error in one text.
        package let text: String
    }

    private let kept = Mutex<[Record]>([])

    package init() {}

    package var records: [Record] { kept.withLock { $0 } }

    package var logger: Logger {
        Logger(label: "test") { _ in Handler(log: self) }
    }

    private func append(_ record: Record) {
        kept.withLock { $0.append(record) }
    }

    private struct Handler: LogHandler {
        let log: CapturedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = event.metadata ?? [:]
            let text = "\(event.level) \(event.message) \(metadata) \(event.error.map { "\($0)" } ?? "")"
            log.append(Record(level: event.level, metadata: metadata, text: text))
        }
    }
}
