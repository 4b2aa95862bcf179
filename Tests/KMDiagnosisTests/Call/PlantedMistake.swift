import Foundation
import HTTPTypes
import KMDiagnosis
import KMJOSE
import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport
import KMWire
import Testing

/// A mistake in a request, and the cause that a judge must name.
struct PlantedMistake: Sendable, CustomTestStringConvertible {
    let cause: String
    let step: Judgment.Step.Name
    /// A number that tells apart mistakes with the same cause.
    let variant: Int
    let plant: @Sendable (inout Scene) throws -> Void

    var testDescription: String { "\(cause) \(variant)" }

    init(
        _ cause: String,
        _ step: Judgment.Step.Name,
        _ variant: Int = 1,
        _ plant: @escaping @Sendable (inout Scene) throws -> Void
    ) {
        self.cause = cause
        self.step = step
        self.variant = variant
        self.plant = plant
    }

    /// A mistake in the headers, made after signing.
    static func header(
        _ cause: String,
        _ name: HTTPField.Name,
        _ value: String?,
        _ variant: Int = 1,
        step: Judgment.Step.Name = .headers
    ) -> PlantedMistake {
        PlantedMistake(cause, step, variant) { scene in scene.change = { $0[name] = value } }
    }

    /// A mistake in the body, which is signed.
    static func body(
        _ cause: String,
        _ step: Judgment.Step.Name = .protection,
        _ variant: Int = 1,
        _ change: @escaping @Sendable ([UInt8]) throws -> [UInt8]
    ) -> PlantedMistake {
        PlantedMistake(cause, step, variant) { scene in scene.draft.body = try change(scene.draft.body) }
    }

    /// A mistake in the JWE of the body.
    static func sealed(
        _ cause: String,
        _ step: Judgment.Step.Name = .decryption,
        _ variant: Int = 1,
        _ change: @escaping @Sendable (inout SealedParts) throws -> Void
    ) -> PlantedMistake {
        PlantedMistake(cause, step, variant) { scene in
            var parts = SealedParts(plaintext: ClientAndServer.parameters)
            try change(&parts)
            scene.draft.body = try parts.body()
        }
    }

    /// A mistake in the parameters.
    static func parameters(_ cause: String, _ old: String, _ new: String, _ variant: Int = 1) -> PlantedMistake {
        sealed(cause, .parameters, variant) { $0.plaintext = ClientAndServer.parameters.replacing(old, new) }
    }

    /// A mistake in the texts of the five parts of the JWE.
    static func parts(
        _ cause: String,
        _ variant: Int = 1,
        _ change: @escaping @Sendable (inout [String]) -> Void
    ) -> PlantedMistake {
        PlantedMistake(cause, .protection, variant) { scene in
            var texts = try SealedParts(plaintext: ClientAndServer.parameters).texts()
            change(&texts)
            scene.draft.body = #"{"encData":"\#(texts.joined(separator: "."))"}"#.bytes
        }
    }
}
