/** The plotting library under an address that a browser can load: the server answers it from node_modules. */
import uPlot from 'uplot';

export default uPlot;
