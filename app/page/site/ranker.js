// student-mobile.onnx under onnxruntime-web: one thread of WebAssembly, nothing fetched but from this page's own folder.
import * as ort from './ort/ort.wasm.min.mjs';

ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmPaths = new URL('./ort/', import.meta.url).href;

export async function openRanker(model) {
  const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
  return {
    // history: toy indices, oldest first; allowed: Uint8Array [N + 1], 1 = may be shown, entry 0 is padding.
    // Answers { toys, scores }: best first, −1 where nothing more may be shown.
    async rank(history, allowed) {
      const met = Int32Array.from(history.length ? history : [0]);
      const { toys, scores } = await session.run({
        history: new ort.Tensor('int32', met, [1, met.length]),
        allowed: new ort.Tensor('bool', allowed, [1, allowed.length]),
      });
      return { toys: Array.from(toys.data), scores: Array.from(scores.data) };
    },
  };
}
