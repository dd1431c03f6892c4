/** Property maps as protobuf structs. */
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";
import { decodeProps, encodeProps, type Props } from "./values";

export const toStruct = (props: Props): Struct =>
  Struct.fromJavaScript(encodeProps(props) as Record<string, JavaScriptValue>);

export const fromStruct = (struct: Struct | undefined): Props => decodeProps(struct?.toJavaScript() ?? {});
