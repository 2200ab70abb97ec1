/// How the bytes of a message are to be understood; the raw values are the words of `stream.yaml`.
package enum PayloadFormat: String, CaseIterable, Sendable {
    /// A JSON object, or an array of such objects.
    case json
    /// Sensor Measurement Lists in JSON, RFC 8428.
    case senml
    /// Sensor Measurement Lists in CBOR, RFC 8428.
    case senmlCBOR = "senml-cbor"
    /// A CBOR map with text keys, or an array of such maps, RFC 8949.
    case cbor
    /// Sparkplug B, version 3.0.
    case sparkplug
    /// Events of a ChirpStack server, version 3 or 4, in JSON.
    case chirpstack
    /// Events of The Things Stack, version 3.
    case theThingsStack = "tts"
    /// Uplinks of a Helium console.
    case helium
    /// Entities and notifications of NGSI v2 and NGSI-LD, normalized or as key-values.
    case ngsi
    /// Bulk data of a TR-369 agent in JSON.
    case tr369
}
