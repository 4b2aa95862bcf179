import KMVectors

/// The Swift block of the page of KMVectors, exact but for its indentation.
enum VectorSnippets {
    static func run(_ path: String) throws -> [VectorReport] {
        let runner = VectorRunner()
        let reports = try VectorRunner.files(at: path).map { runner.run(file: $0) }
        for report in reports where !report.isSuccess {
            for failure in report.failures { print(report.file, failure) }
        }
        return reports
    }
}
